/* explain_html.c: Explanations as one page that needs nothing else.
 *
 * Without scripts: three columns, each guest instruction with a colour of its own in all of them;
 * its address is a link to its host code; the IR of each pass under a tab (radio buttons). With
 * them: pointing at a line lights up what belongs to it in every column, a click keeps it and
 * brings it into view; pointing at an IR value lights its uses.
 */
#include <inttypes.h>
#include <string.h>

#include "runtime/explain.h"

enum { MAX_PASSES = 12 };

static const char style[] =
    ":root{--bg:#fbfaf7;--fg:#22262b;--dim:#7b8088;--line:#e4e1d9;--card:#fff;--on:#fff3c4;"
    "--new:#2f8f4e;--op:#4f7cac;--move:#c9a227;--spill:#c0392b;--slot:#d98032;--poll:#9aa0a6;"
    "--exit:#8e5ea2;--cold:#c8ccd0;--l:40%}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#16181b;--fg:#dadde1;--dim:#8b9199;--line:#"
    "2c3036;"
    "--card:#1d2024;--on:#47401f;--new:#6fce8e;--cold:#50565d;--l:65%}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;padding:1.2rem 1.5rem;background:var(--bg);"
    "color:var(--fg);font:14px/1.45 system-ui,sans-serif;max-width:1900px}\n"
    "h1{font-size:1.3rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:1.8rem 0 .2rem}"
    "h2 small,h1 small{font-weight:400;color:var(--dim)}p{margin:.2rem 0}.dim{color:var(--dim)}\n"
    "nav table{border-collapse:collapse;margin:.5rem 0}nav td{padding:.1rem 1rem .1rem 0}"
    "nav td.n{text-align:right;font-variant-numeric:tabular-nums}a{color:inherit}\n"
    ".bar{display:flex;height:.7rem;border-radius:3px;overflow:hidden;margin:.4rem 0 .2rem;"
    "max-width:60rem}.bar i{display:block}.key{font-size:.85em}.key span{margin-right:1rem}"
    ".key b{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.35em}\n"
    ".cols{display:grid;grid-template-columns:minmax(15rem,3fr) minmax(18rem,5fr) "
    "minmax(20rem,5fr);gap:.8rem;margin-top:.5rem;align-items:start}"
    "@media(max-width:900px){.cols{grid-template-columns:1fr}}\n"
    ".col{background:var(--card);border:1px solid var(--line);border-radius:6px;overflow:auto;"
    "max-height:85vh;padding-bottom:.4rem}"
    ".ls{width:max-content;min-width:100%}" /* as wide as the longest line, and so is each line */
    ".ls>h3,.names{font-size:.85rem;margin:0;position:sticky;top:0;background:var(--card);"
    "border-bottom:1px solid var(--line);z-index:1}.ls>h3{padding:.35rem .6rem}"
    ".ls>h3>span{position:sticky;left:.6rem}.names>span{position:sticky;left:0}\n"
    ".l{display:flex;font:12.5px/1.5 ui-monospace,'DejaVu Sans Mono',Menlo,monospace;"
    "white-space:pre;border-left:4px solid transparent;padding:0 .5rem;"
    "scroll-margin:3rem}"
    ".l[data-g]{border-left-color:hsl(var(--h) 65% var(--l));"
    "background:hsl(var(--h) 65% var(--l)/.07)}\n"
    ".l.on,.l:target{background:var(--on)}.l.pin{outline:1px solid var(--dim);outline-offset:-1px}"
    ".l.val{box-shadow:inset 0 0 0 1px var(--op)}"
    ".l a{color:var(--dim);text-decoration:none;margin-right:.8em}.l a:hover{text-decoration:"
    "underline}.o{color:var(--dim);margin-right:.8em}.x{color:var(--dim);margin-right:.8em;"
    "display:none}.bytes .x{display:inline}.l .r{margin-left:auto;padding-left:1.5em;"
    "color:var(--dim)}\n"
    ".k1 .t,.k6 .t{color:var(--move)}.k2 .t,.k3 .t{color:var(--spill)}.k4 .t,.k5 .t{color:"
    "var(--slot)}.k7 .t,.k8 .t,.k10 .t,.k11 .t{color:var(--dim)}.k9 .t{color:var(--exit)}"
    ".k2 .r,.k3 .r{color:var(--spill)}\n"
    ".none{opacity:.55}.head{font-weight:600}.new .t{color:var(--new)}"
    ".sep{font-size:.8rem;color:var(--dim);padding:.4rem .6rem .1rem;border-top:1px solid "
    "var(--line);margin-top:.3rem}\n"
    ".tabs>input{position:absolute;opacity:0}.names label{display:inline-block;padding:.3rem .6rem;"
    "cursor:pointer;color:var(--dim)}.pass{display:none}\n";

static const char script[] =
    "document.querySelectorAll('section').forEach(s=>{\n"
    "let pin=null;const all=s.querySelectorAll('.l[data-g]');\n"
    "const light=(g,c,f)=>all.forEach(l=>l.classList.toggle(c,f&&l.dataset.g===g));\n"
    "const value=(v,f)=>s.querySelectorAll('.l').forEach(l=>l.classList.toggle('val',f&&("
    "l.dataset.v===v||(l.closest('.pass')&&new RegExp('%'+v+'(?!\\\\d)').test(l.textContent)))));\n"
    "all.forEach(l=>{\n"
    "l.addEventListener('mouseenter',()=>{light(l.dataset.g,'on',true);"
    "if(l.dataset.v)value(l.dataset.v,true)});\n"
    "l.addEventListener('mouseleave',()=>{light(l.dataset.g,'on',false);value('',false);"
    "if(pin)light(pin,'on',true)});\n"
    "l.addEventListener('click',e=>{if(e.target.closest('a'))e.preventDefault();\n"
    "if(String(getSelection()))return;const g=l.dataset.g,same=pin===g;light(pin,'pin',false);"
    "light(pin,'on',false);pin=same?null:g;if(same)return;light(g,'pin',true);light(g,'on',true);\n"
    "s.querySelectorAll('.col').forEach(c=>{if(c.contains(l))return;const t=[...c.querySelectorAll("
    "'.l[data-g=\"'+g+'\"]')].find(t=>t.offsetParent);if(t)c.scrollTo({top:t.offsetTop-c.offsetTop-"
    "c.clientHeight/3,behavior:'smooth'})})})})});\n"
    "const b=document.getElementById('bytes');b.parentNode.hidden=false;"
    "b.addEventListener('change',()=>document.body.classList.toggle('bytes',b.checked));\n";

static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else
            fputc(*text, out);
    }
}

static bool has_code(const Explanation *x, uint64_t pc)
{
    for (uint32_t i = 0; i < x->code.count; i++)
        if (x->code.data[i].pc == pc)
            return true;
    return false;
}

/* Neighbours get hues far apart. */
static void open_line(FILE *out, const char *classes, int guest)
{
    fprintf(out, "<div class=\"l %s\"", classes);
    if (guest >= 0)
        fprintf(out, " data-g=\"%d\" style=\"--h:%d\"", guest, guest * 137 % 360);
}

static void put_bytes(FILE *out, const uint8_t *bytes, unsigned n)
{
    fputs("<span class=\"x\">", out);
    for (unsigned i = 0; i < n; i++)
        fprintf(out, "%02x", bytes[i]);
    fputs("</span>", out);
}

/* ---- columns ---- */

static void guest_column(const Explanation *x, unsigned region, FILE *out)
{
    fprintf(out, "<div class=\"col\"><div class=\"ls\"><h3><span>guest %s</span></h3>\n",
            x->ops->name);
    for (uint32_t i = 0; i < x->guest.count; i++) {
        const ExplainGuest *g = &x->guest.data[i];
        bool code = has_code(x, g->pc);
        open_line(out, code ? "" : "none", (int)i);
        fprintf(out, " title=\"%s\">", code ? "" : "no host code of its own");
        fprintf(out, "<a href=\"#r%u-%" PRIx64 "\">%" PRIx64 "</a>", region, g->pc, g->pc);
        put_bytes(out, g->bytes, g->length);
        fputs("<span class=\"t\">", out);
        put_text(out, g->text);
        fputs("</span></div>\n", out);
    }
    fputs("</div></div>\n", out);
}

static bool in_pass(const ExplainPass *p, const char *text)
{
    for (uint32_t i = 0; i < p->lines.count; i++)
        if (strcmp(p->lines.data[i].text, text) == 0)
            return true;
    return false;
}

static void ir_lines(const Explanation *x, const ExplainPass *p, const ExplainPass *before,
                     FILE *out)
{
    for (uint32_t i = 0; i < p->lines.count; i++) {
        const ExplainIr *l = &p->lines.data[i];
        bool fresh = before && !in_pass(before, l->text);
        open_line(out, l->head ? "head" : fresh ? "new" : "", explain_guest_index(x, l->pc));
        if (l->value)
            fprintf(out, " data-v=\"%u\"", l->value);
        fputs("><span class=\"t\">", out);
        put_text(out, l->text);
        fputs("</span></div>\n", out);
    }
}

static void ir_column(const Explanation *x, unsigned region, FILE *out)
{
    unsigned n = x->passes.count < MAX_PASSES ? x->passes.count : MAX_PASSES;
    fputs("<div class=\"col\"><div class=\"ls tabs\">", out);
    for (unsigned i = 0; i < n; i++)
        fprintf(out, "<input type=\"radio\" name=\"p%u\" id=\"p%u-%u\"%s>", region, region, i,
                i + 1 == n ? " checked" : "");
    fputs("<header class=\"names\"><span>", out);
    for (unsigned i = 0; i < n; i++)
        fprintf(out, "<label for=\"p%u-%u\">%s</label>", region, i, x->passes.data[i].name);
    fputs("</span></header>", out);
    for (unsigned i = 0; i < n; i++) {
        fputs("\n<div class=\"pass\">\n", out);
        ir_lines(x, &x->passes.data[i], i ? &x->passes.data[i - 1] : NULL, out);
        fputs("</div>", out);
    }
    fputs("</div></div>\n", out);
}

static void host_line(const Explanation *x, const ExplainHost *h, const char *anchor, FILE *out)
{
    char classes[16];
    snprintf(classes, sizeof classes, "k%u", h->kind);
    open_line(out, classes, explain_guest_index(x, h->pc));
    if (h->inst)
        fprintf(out, " data-v=\"%u\"", h->inst);
    if (anchor[0])
        fprintf(out, " id=\"%s\"", anchor);
    fprintf(out, "><span class=\"o\">+%04x</span>", h->offset);
    put_bytes(out, h->bytes, h->size);
    fputs("<span class=\"t\">", out);
    put_text(out, h->text);
    fputs("</span>", out);
    if (h->remark) {
        fputs("<span class=\"r\">", out);
        put_text(out, h->remark);
        fputs("</span>", out);
    }
    fputs("</div>\n", out);
}

static void host_column(const Explanation *x, unsigned region, FILE *out)
{
    bool *anchored = arena_alloc(x->arena, x->guest.count + 1);
    memset(anchored, 0, x->guest.count + 1);
    fprintf(out, "<div class=\"col\"><div class=\"ls\"><h3><span>host %s</span></h3>\n",
            x->host ? x->host : "");
    for (uint32_t i = 0; i < x->code.count; i++) {
        const ExplainHost *h = &x->code.data[i];
        char anchor[48] = "";
        int g = explain_guest_index(x, h->pc);
        if (g >= 0 && !anchored[g]) {
            snprintf(anchor, sizeof anchor, "r%u-%" PRIx64, region, h->pc);
            anchored[g] = true;
        }
        if (h->cold && (i == 0 || !x->code.data[i - 1].cold))
            fputs("<div class=\"sep\">cold, behind the region</div>\n", out);
        host_line(x, h, anchor, out);
    }
    fputs("</div></div>\n", out);
}

/* ---- the page ---- */

static void composition(const ExplainCounts *n, FILE *out)
{
    const struct {
        const char *name, *colour;
        unsigned count;
    } parts[] = {
        {"operations", "op", n->hot - n->moves - n->spills - n->slots - n->polls - n->exits},
        {"moves and jumps", "move", n->moves},
        {"spills and reloads", "spill", n->spills},
        {"guest slots in memory", "slot", n->slots},
        {"polls", "poll", n->polls},
        {"exits", "exit", n->exits},
        {"cold", "cold", n->cold},
    };
    fputs("<div class=\"bar\">", out);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        fprintf(out, "<i style=\"flex:%u;background:var(--%s)\"></i>", parts[i].count,
                parts[i].colour);
    fputs("</div><p class=\"key\">", out);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        fprintf(out, "<span><b style=\"background:var(--%s)\"></b>%u %s</span>", parts[i].colour,
                parts[i].count, parts[i].name);
    fputs("</p>\n", out);
}

static void section(const Explanation *x, unsigned region, FILE *out)
{
    ExplainCounts n = explain_count(x);
    fprintf(out, "<section id=\"r%u\"><h2>", region);
    put_text(out, x->where ? x->where : "");
    fprintf(out, " <small>%" PRIx64 "</small></h2>\n", x->pc);
    fprintf(out,
            "<p>%u guest instructions became %u host instructions (%u bytes): %u in line, %.1f for "
            "each guest one.</p>\n",
            n.guest, n.host, x->host_size, n.hot, n.guest ? (double)n.hot / n.guest : 0.0);
    if (x->note) {
        fputs("<p class=\"dim\">", out);
        put_text(out, x->note);
        fputs(".</p>\n", out);
    }
    composition(&n, out);
    fputs("<div class=\"cols\">\n", out);
    guest_column(x, region, out);
    ir_column(x, region, out);
    host_column(x, region, out);
    fputs("</div></section>\n", out);
}

static void contents(const Explanation *const *regions, unsigned count, FILE *out)
{
    fputs("<nav><table>\n", out);
    for (unsigned i = 0; i < count; i++) {
        ExplainCounts n = explain_count(regions[i]);
        fprintf(out, "<tr><td><a href=\"#r%u\">", i);
        put_text(out, regions[i]->where ? regions[i]->where : "region");
        fprintf(out, "</a></td><td class=\"n dim\">%" PRIx64 "</td>", regions[i]->pc);
        fprintf(out, "<td class=\"n\">%u &rarr; %u in line</td><td class=\"dim\">", n.guest, n.hot);
        put_text(out, regions[i]->note ? regions[i]->note : "");
        fputs("</td></tr>\n", out);
    }
    fputs("</table></nav>\n", out);
}

/* The style of what belongs to the pass whose radio button is in a state. */
static void pass_style(FILE *out, const char *state, const char *what, const char *rules)
{
    for (unsigned i = 1; i <= MAX_PASSES; i++)
        fprintf(out, "%s.tabs>input:nth-of-type(%u):%s~%s:nth-of-type(%u)", i > 1 ? "," : "", i,
                state, what, i);
    fprintf(out, "{%s}\n", rules);
}

void explain_html(const Explanation *const *regions, unsigned count, const char *title, FILE *out)
{
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
          out);
    put_text(out, title);
    fprintf(out, " explained</title>\n<style>\n%s", style);
    pass_style(out, "checked", ".pass", "display:block");
    pass_style(out, "checked", ".names label",
               "color:var(--fg);font-weight:600;border-bottom:2px solid var(--op)");
    pass_style(out, "focus-visible", ".names label", "outline:1px solid");
    fputs("</style></head><body>\n<h1>", out);
    put_text(out, title);
    fprintf(out, " <small>%s &rarr; %s, by Dragoman</small></h1>\n",
            count ? regions[0]->ops->name : "", count && regions[0]->host ? regions[0]->host : "");
    fputs(
        "<p class=\"dim\">Lines of one colour belong to one guest instruction; an address leads to "
        "its host code. Green IR lines are new with that pass. "
        "<label hidden><input type=\"checkbox\" id=\"bytes\"> instruction bytes</label></p>\n",
        out);
    if (count > 1)
        contents(regions, count, out);
    for (unsigned i = 0; i < count; i++)
        section(regions[i], i, out);
    fprintf(out, "<script>\n%s</script>\n</body></html>\n", script);
}

/* options.c: parsing, printing and passing on of the options in options.def.
 *
 * Nothing here knows a particular option: a row's kind says how its argument is read, kept and
 * written out again.
 */
#include "runtime/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/passes.h"

typedef enum OptionKind {
    FLAG,
    TEXT,
    PLACE,
    CHOICE,
    NUMBER,
    NATURAL,
    COUNT,
    SIZE,
    PASS,
    MAYBE,
    SETENV,
    UNSETENV,
    FIXED,
    REFUSED,
    HEADING /* help: its text; no option */
} OptionKind;
typedef enum OptionKeep { OWN, INHERIT, HIDDEN } OptionKeep;

typedef struct OptionRow {
    const char *letter, *word, *argument, *environment;
    OptionKind kind;
    OptionKeep keep;
    size_t offset;
    const char *help;
} OptionRow;

static const OptionRow rows[] = {
#define OPTION(field, letter, word, argument, environment, kind, keep, help)                       \
    {letter, word, argument, environment, kind, keep, offsetof(Options, field), help},
#define GROUP(title) {.kind = HEADING, .word = "", .help = title},
#include "runtime/options.def"
#undef OPTION
#undef GROUP
};
enum { ROWS = sizeof rows / sizeof rows[0], NAME_SHOWN = 64 };

/* The least and the most of a kind of number; 0 and 0: it is none. */
static const struct {
    uint64_t least, most;
} ranges[] = {[NUMBER] = {0, OPTION_NO_NUMBER - 1},
              [NATURAL] = {0, INT32_MAX},
              [COUNT] = {1, INT32_MAX},
              [SIZE] = {4096, 1 << 30},
              [HEADING] = {0, 0}};

static bool is_number(OptionKind kind)
{
    return ranges[kind].most != 0;
}

static bool parse_number(const char *text, uint64_t *out)
{
    static const char suffixes[] = "KMG";
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 0);
    if (errno)
        return false;
    if (*end) {
        const char *s = strchr(suffixes, *end & ~0x20);
        if (!s || end[1])
            return false;
        unsigned shift = 10 * (unsigned)(s - suffixes + 1);
        if (n > UINT64_MAX >> shift)
            return false;
        n <<= shift;
    }
    *out = n;
    return true;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t n = strlen(text);
    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
        if (n && !strncmp(c, text, n) && (c[n] == '|' || !c[n]))
            return true;
    return false;
}

static bool add_env(EnvChanges *env, const char *text, bool unset)
{
    EnvChange *list = realloc(env->list, (env->count + 1) * sizeof *list);
    if (!list)
        return false;
    env->list = list;
    env->list[env->count++] = (EnvChange){text, unset};
    return true;
}

/* VAR=VALUE (or VAR, to be removed), several of them separated by commas. NULL or what is wrong. */
static const char *add_variables(EnvChanges *env, const char *list, bool unset)
{
    char *copy = strdup(list), *save = NULL; /* kept: the environment will refer to it */
    for (char *v = copy ? strtok_r(copy, ",", &save) : NULL; v; v = strtok_r(NULL, ",", &save)) {
        if ((strchr(v, '=') != NULL) == unset)
            return unset ? "has a '='" : "has no '='";
        if (!add_env(env, v, unset))
            return "cannot be stored";
    }
    return copy && env->count ? NULL : "names no variable";
}

char *options_absolute(const char *path)
{
    char *here = path[0] && path[0] != '/' ? getcwd(NULL, 0) : NULL, *whole = NULL;
    if (!here)
        return strdup(path);
    if (asprintf(&whole, "%s/%s", here, path) < 0)
        whole = NULL;
    free(here);
    return whole;
}

static const char *store_number(const OptionRow *row, const char *arg, uint64_t *field)
{
    static char problem[80];
    if (!parse_number(arg, field))
        return "is not a number";
    if (*field >= ranges[row->kind].least && *field <= ranges[row->kind].most)
        return NULL;
    snprintf(problem, sizeof problem, "is not from %llu to %llu",
             (unsigned long long)ranges[row->kind].least,
             (unsigned long long)ranges[row->kind].most);
    return problem;
}

/* Stores an option's argument (NULL: none). False with a message in err, which names the option as
 * it was given. */
static bool apply(Options *o, const OptionRow *row, const char *given, const char *arg, char *err)
{
    void *field = (char *)o + row->offset;
    const char *problem = NULL;
    switch (row->kind) {
    case FLAG:
        *(bool *)field = true;
        break;
    case TEXT:
        *(const char **)field = arg;
        break;
    case PLACE:
        *(const char **)field = options_absolute(arg);
        if (!*(const char **)field)
            problem = "cannot be stored";
        break;
    case CHOICE:
        *(const char **)field = arg;
        if (!is_choice(row->argument, arg))
            problem = "is not one of the choices";
        break;
    case PASS:
        *(const char **)field = arg;
        if (!ir_pass_optional(arg))
            problem = "is no pass that can be left out";
        break;
    case NUMBER:
    case NATURAL:
    case COUNT:
    case SIZE:
        problem = store_number(row, arg, field);
        break;
    case MAYBE:
        ((OptionalPc *)field)->given = true;
        if (arg && !parse_number(arg, &((OptionalPc *)field)->pc))
            problem = "is not a number";
        break;
    case SETENV:
    case UNSETENV:
        problem = add_variables(field, arg, row->kind == UNSETENV);
        break;
    case FIXED:
        if (strcmp(arg, row->argument) != 0)
            problem = "cannot be had";
        break;
    case HEADING:
    case REFUSED:
        snprintf(err, OPTIONS_ERROR, "option %s is not available: %s", given, row->help);
        return false;
    }
    if (problem)
        snprintf(err, OPTIONS_ERROR, "%s: '%s' %s (%s)", given, arg, problem, row->argument);
    return !problem;
}

/* The row that `name` (without dashes, up to '=') means, and its inline value if any. */
static const OptionRow *find(const char *name, bool one_dash, const char **value)
{
    size_t n = strcspn(name, "=");
    *value = name[n] ? name + n + 1 : NULL;
    for (size_t i = 0; i < ROWS; i++)
        if (n && strlen(rows[i].word) == n && !strncmp(rows[i].word, name, n))
            return &rows[i];
    if (one_dash && name[0] && !name[1]) {
        *value = NULL;
        for (size_t i = 0; i < ROWS; i++)
            if (rows[i].letter && rows[i].letter[0] == name[0])
                return &rows[i];
    }
    return NULL;
}

/* The row whose variable, with this prefix, `text` ("NAME=VALUE") sets; and the value. */
static const OptionRow *find_variable(const char *text, const char *prefix, const char **value)
{
    size_t n = strlen(prefix);
    const char *equals = strchr(text, '=');
    if (!equals || strncmp(text, prefix, n))
        return NULL;
    size_t length = (size_t)(equals - text) - n;
    *value = equals + 1;
    for (size_t i = 0; i < ROWS; i++) {
        const char *want = rows[i].environment;
        if (want && strlen(want) == length && !strncmp(want, text + n, length))
            return &rows[i];
    }
    return NULL;
}

static bool apply_environment(Options *o, char **environment, char *err)
{
    static const char *const prefixes[] = {"QEMU_", "DRAGOMAN_"};
    for (unsigned i = 0; i < 2; i++)
        for (char **e = environment; e && *e; e++) {
            const char *value;
            const OptionRow *r = find_variable(*e, prefixes[i], &value);
            if (!r)
                continue;
            bool plain = r->kind == FLAG || (r->kind == MAYBE && !*value);
            char given[NAME_SHOWN];
            snprintf(given, sizeof given, "%.*s", (int)strcspn(*e, "="), *e);
            if (!apply(o, r, given, plain ? NULL : value, err))
                return false;
        }
    return true;
}

bool options_parse(Options *o, int argc, char **argv, char **environment, char err[OPTIONS_ERROR])
{
    *o = (Options){0};
    for (size_t i = 0; i < ROWS; i++)
        if (is_number(rows[i].kind))
            *(uint64_t *)((char *)o + rows[i].offset) = OPTION_NO_NUMBER;
    if (!apply_environment(o, environment, err))
        return false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        if (!strcmp(argv[i], "--")) {
            i++;
            break;
        }
        bool one_dash = argv[i][1] != '-';
        const char *value;
        const OptionRow *row = find(argv[i] + (one_dash ? 1 : 2), one_dash, &value);
        if (!row) {
            snprintf(err, OPTIONS_ERROR, "unknown option '%s' (try --help)", argv[i]);
            return false;
        }
        char given[NAME_SHOWN];
        snprintf(given, sizeof given, "%.*s", (int)strcspn(argv[i], "="), argv[i]);
        bool wants = row->argument && row->kind != MAYBE && row->kind != REFUSED;
        if (wants && !value) {
            if (++i >= argc) {
                snprintf(err, OPTIONS_ERROR, "option '%s' needs an argument %s", argv[i - 1],
                         row->argument);
                return false;
            }
            value = argv[i];
        }
        if (value && !row->argument) {
            snprintf(err, OPTIONS_ERROR, "option %s takes no argument", given);
            return false;
        }
        if (!apply(o, row, given, value, err))
            return false;
    }
    o->first_operand = i;
    return true;
}

static void left_side(const OptionRow *r, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s--%s%s%s%s", r->letter ? "-" : "", r->letter ? r->letter : "",
             r->letter ? ", " : "    ", r->word, r->argument ? (r->kind == MAYBE ? "[=" : " ") : "",
             r->argument ? r->argument : "", r->kind == MAYBE ? "]" : "");
}

void options_help(FILE *out)
{
    fputs("usage: dragoman [OPTION...] PROGRAM [ARGUMENT...]\n"
          "Runs a Linux program built for another processor (x86-64, AArch64, RISC-V 64) as if it "
          "were "
          "native.\n",
          out);
    for (size_t i = 0; i < ROWS; i++) {
        const OptionRow *r = &rows[i];
        char left[80];
        left_side(r, left, sizeof left);
        if (r->kind == HEADING)
            fprintf(out, "\n%s:\n", r->help);
        else if (r->keep != HIDDEN)
            fprintf(out, "  %-30s %s\n", left, r->help);
    }
    fputs("\nDRAGOMAN_STRACE and QEMU_STRACE in the environment mean --strace, and so on: see the "
          "manual page.\n",
          out);
}

/* Text for roff: hyphens and backslashes are its own characters. */
static void roff(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '-' || *text == '\\')
            fprintf(out, "\\%c", *text == '-' ? '-' : 'e');
        else
            fputc(*text, out);
}

static void man_row(FILE *out, const OptionRow *r)
{
    fputs(".TP\n", out);
    if (r->letter)
        fprintf(out, ".BR \\-%s \", \" ", r->letter);
    else
        fputs(".BR ", out);
    fputs("\\-\\-", out);
    roff(out, r->word);
    if (r->argument) {
        fputs(r->kind == MAYBE ? " [= \"" : " \" ", out);
        roff(out, r->argument);
        fputs(r->kind == MAYBE ? "]\"" : "\"", out);
    }
    fputs("\n", out);
    roff(out, r->help);
    fputs(".\n", out);
    if (r->environment)
        fprintf(out, "Environment:\n.BR DRAGOMAN_%s ,\n.BR QEMU_%s .\n", r->environment,
                r->environment);
}

static const char man_head[] =
    ".\\\" Made by dragoman --man from runtime/options.def.\n"
    ".TH DRAGOMAN 1\n"
    ".SH NAME\n"
    "dragoman \\- run programs built for another processor\n"
    ".SH SYNOPSIS\n"
    ".B dragoman\n"
    "[\\fIOPTION\\fR...] \\fIPROGRAM\\fR [\\fIARGUMENT\\fR...]\n"
    ".br\n"
    ".B dragoman bench\n"
    "[\\fIOPTION\\fR...]\n"
    ".br\n"
    ".B dragoman explain\n"
    "[\\fIOPTION\\fR...] \\fIPROGRAM\\fR\n"
    ".SH DESCRIPTION\n"
    "Runs a Linux program built for x86\\-64, AArch64 or RISC\\-V 64 by translating its machine "
    "code\n"
    "while it runs. The\n"
    "program sees the system it runs on, with its own view of the processor and of /proc; "
    "programs\n"
    "that it executes run in the same way, but for the system's own where the program is another\n"
    "processor's: those run as they are.\n"
    ".SH OPTIONS\n"
    "Words may be written with one dash or two; an argument follows as the next word or after an\n"
    "equals sign. Options given on the command line win over the environment, and\n"
    "\\fBDRAGOMAN_\\fR names over \\fBQEMU_\\fR names.\n";

static const char man_tail[] =
    ".SH EXIT STATUS\n"
    "The program's own. When a signal ends the program, the same signal ends Dragoman; a fault is\n"
    "told in one line on standard error that names signal, place and address. 127: there is no "
    "such\n"
    "program; 126: it cannot be run; 2: a mistaken command line; 1: the system lacks what "
    "Dragoman\n"
    "itself needs, such as memory, or a file that it is to write cannot be written.\n"
    ".SH FILES\n"
    ".TP\n"
    ".I /tmp/perf\\-PID.map\n"
    "Names of translations, for\n"
    ".BR perf (1).\n"
    ".TP\n"
    ".I ~/.cache/dragoman\n"
    "Translations kept for the next run of the same programs and libraries, at most about\n"
    "1 GiB of them. May be removed at any time.\n"
    ".SH LIMITS\n"
    "Signals that cannot be caught are not in the log of\n"
    ".BR \\-\\-strace ,\n"
    "which otherwise has the form of\n"
    ".BR strace (1).\n"
    ".SH SEE ALSO\n"
    ".BR strace (1),\n"
    ".BR perf (1)\n";

void options_man(FILE *out)
{
    fputs(man_head, out);
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].kind == HEADING)
            fprintf(out, ".SS %s\n", rows[i].help);
        else if (rows[i].keep != HIDDEN)
            man_row(out, &rows[i]);
    fputs(man_tail, out);
}

static char *written(const OptionRow *r, const Options *o)
{
    const void *field = (const char *)o + r->offset;
    char *s = NULL;
    int n = 0;
    switch (r->kind) {
    case FLAG:
        if (*(const bool *)field)
            n = asprintf(&s, "--%s", r->word);
        break;
    case TEXT:
    case PLACE:
    case CHOICE:
    case PASS:
        if (*(const char *const *)field)
            n = asprintf(&s, "--%s=%s", r->word, *(const char *const *)field);
        break;
    case NUMBER:
    case NATURAL:
    case COUNT:
    case SIZE:
        if (*(const uint64_t *)field != OPTION_NO_NUMBER)
            n = asprintf(&s, "--%s=%llu", r->word, (unsigned long long)*(const uint64_t *)field);
        break;
    case MAYBE:
    case SETENV:
    case UNSETENV:
    case FIXED:
    case REFUSED:
    case HEADING:
        break;
    }
    return n < 0 ? NULL : s;
}

unsigned options_inherited(const Options *o, char **args, unsigned max)
{
    unsigned n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        char *s = rows[i].keep == INHERIT ? written(&rows[i], o) : NULL;
        if (s && n < max)
            args[n] = s;
        n += s != NULL;
    }
    return n;
}

static bool same_variable(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");
    return n == strcspn(b, "=") && !strncmp(a, b, n);
}

char **options_environment(const Options *o, char **environment)
{
    size_t n = 0;
    while (environment[n])
        n++;
    char **env = calloc(n + o->env.count + 1, sizeof *env);
    if (!env)
        return NULL;
    memcpy(env, environment, n * sizeof *env);
    for (unsigned i = 0; i < o->env.count; i++) {
        const EnvChange *c = &o->env.list[i];
        size_t kept = 0;
        for (size_t j = 0; j < n; j++)
            if (!same_variable(env[j], c->text))
                env[kept++] = env[j];
        if (!c->unset)
            env[kept++] = (char *)(uintptr_t)c->text;
        n = kept;
    }
    env[n] = NULL;
    return env;
}

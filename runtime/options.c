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

typedef enum OptionKind { FLAG, TEXT, CHOICE, NUMBER, MAYBE, SETENV, UNSETENV, REFUSED } OptionKind;
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
#include "runtime/options.def"
#undef OPTION
};
enum { ROWS = sizeof rows / sizeof rows[0] };

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

/* Stores an option's argument (NULL: none). False with a message in err. */
static bool apply(Options *o, const OptionRow *row, const char *arg, char *err)
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
    case CHOICE:
        *(const char **)field = arg;
        if (!is_choice(row->argument, arg))
            problem = "is not one of the choices";
        break;
    case NUMBER:
        if (!parse_number(arg, field))
            problem = "is not a number";
        break;
    case MAYBE:
        ((OptionalPc *)field)->given = true;
        if (arg && !parse_number(arg, &((OptionalPc *)field)->pc))
            problem = "is not a number";
        break;
    case SETENV:
    case UNSETENV:
        if ((strchr(arg, '=') != NULL) != (row->kind == SETENV))
            problem = row->kind == SETENV ? "has no '='" : "has a '='";
        else if (!add_env(field, arg, row->kind == UNSETENV))
            problem = "cannot be stored";
        break;
    case REFUSED:
        snprintf(err, OPTIONS_ERROR, "option --%s is not available", row->word);
        return false;
    }
    if (problem)
        snprintf(err, OPTIONS_ERROR, "--%s: '%s' %s (%s)", row->word, arg, problem, row->argument);
    return !problem;
}

/* The row that `name` (without dashes, up to '=') means, and its inline value if any. */
static const OptionRow *find(const char *name, bool one_dash, const char **value)
{
    size_t n = strcspn(name, "=");
    *value = name[n] ? name + n + 1 : NULL;
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(rows[i].word) == n && !strncmp(rows[i].word, name, n))
            return &rows[i];
    if (one_dash && name[0] && !name[1]) {
        *value = NULL;
        for (size_t i = 0; i < ROWS; i++)
            if (rows[i].letter && rows[i].letter[0] == name[0])
                return &rows[i];
    }
    return NULL;
}

static bool apply_environment(Options *o, char **environment, char *err)
{
    static const char prefix[] = "DRAGOMAN_";
    for (char **e = environment; e && *e; e++) {
        if (strncmp(*e, prefix, sizeof prefix - 1))
            continue;
        const char *name = *e + sizeof prefix - 1;
        const char *value = strchr(name, '=');
        for (size_t i = 0; value && i < ROWS; i++) {
            const char *want = rows[i].environment;
            if (!want || strlen(want) != (size_t)(value - name) ||
                strncmp(want, name, (size_t)(value - name)))
                continue;
            bool plain = rows[i].kind == FLAG || (rows[i].kind == MAYBE && !value[1]);
            if (!apply(o, &rows[i], plain ? NULL : value + 1, err))
                return false;
        }
    }
    return true;
}

bool options_parse(Options *o, int argc, char **argv, char **environment, char err[OPTIONS_ERROR])
{
    *o = (Options){0};
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].kind == NUMBER)
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
            snprintf(err, OPTIONS_ERROR, "option --%s takes no argument", row->word);
            return false;
        }
        if (!apply(o, row, value, err))
            return false;
    }
    o->first_operand = i;
    return true;
}

void options_help(FILE *out)
{
    fputs("usage: dragoman [OPTION...] PROGRAM [ARGUMENT...]\n"
          "Runs a Linux program built for another processor (x86-64) as if it were native.\n\n",
          out);
    for (size_t i = 0; i < ROWS; i++) {
        const OptionRow *r = &rows[i];
        char left[80];
        if (r->keep == HIDDEN)
            continue;
        snprintf(left, sizeof left, "%s%s%s--%s%s%s%s", r->letter ? "-" : "",
                 r->letter ? r->letter : "", r->letter ? ", " : "    ", r->word,
                 r->argument ? (r->kind == MAYBE ? "[=" : " ") : "", r->argument ? r->argument : "",
                 r->kind == MAYBE ? "]" : "");
        fprintf(out, "  %-30s %s\n", left, r->help);
        if (r->environment)
            fprintf(out, "  %-30s (environment: DRAGOMAN_%s)\n", "", r->environment);
    }
    fputs("\nWords may be written with one dash. Exit status: the program's own; 128+n as seen by "
          "a shell\nwhen signal n ended it; 127 if the program does not exist, 126 if it cannot be "
          "run, 2 for a\nmistaken command line.\n",
          out);
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
    case CHOICE:
        if (*(const char *const *)field)
            n = asprintf(&s, "--%s=%s", r->word, *(const char *const *)field);
        break;
    case NUMBER:
        if (*(const uint64_t *)field != OPTION_NO_NUMBER)
            n = asprintf(&s, "--%s=%llu", r->word, (unsigned long long)*(const uint64_t *)field);
        break;
    case MAYBE:
    case SETENV:
    case UNSETENV:
    case REFUSED:
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

/* options_test.c: the command line: short and long forms, the environment, what is passed on, what
 * is refused; and that every row is complete and in the help. */
#include <stdlib.h>
#include <string.h>

#include "runtime/options.h"
#include "tests/check.h"

static char err[OPTIONS_ERROR];

/* Parses a NULL-terminated list; the program's name is added. */
static bool parse(Options *o, char **environment, char **words)
{
    static char *none[] = {NULL};
    char *argv[32] = {(char *)(uintptr_t) "dragoman"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    err[0] = 0;
    return options_parse(o, argc, argv, environment ? environment : none, err);
}
#define WORDS(...)                                                                                 \
    (char *[])                                                                                     \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static void test_forms(void)
{
    Options o;
    CHECK(parse(&o, NULL, WORDS("-L", "/x", "-0", "name", "-E", "A=1", "-U", "B", "prog", "-h")));
    CHECK(!strcmp(o.prefix, "/x") && !strcmp(o.argv0, "name") && !o.help);
    CHECK(o.env.count == 2 && !o.env.list[0].unset && o.env.list[1].unset);
    CHECK(o.first_operand == 9);
    CHECK(parse(&o, NULL, WORDS("-strace", "--stats", "--engine=interp", "-s", "16M", "p")));
    CHECK(o.strace && o.stats && !strcmp(o.engine, "interp") && o.stack_size == 16u << 20);
    CHECK(parse(&o, NULL, WORDS("--explain=0x401000", "--", "-odd")));
    CHECK(o.explain.given && o.explain.pc == 0x401000 && o.first_operand == 3);
    CHECK(parse(&o, NULL, WORDS("--explain", "prog")));
    CHECK(o.explain.given && o.explain.pc == 0 && o.first_operand == 2);
    CHECK(parse(&o, NULL, WORDS("-h")) && o.help);
    CHECK(parse(&o, NULL, WORDS("-version")) && o.version);
    CHECK(parse(&o, NULL, WORDS("prog")) && o.max_optimised == OPTION_NO_NUMBER);
}

static void test_refused(void)
{
    static char *const bad[][4] = {
        {"-L"},
        {"--engine", "fast", "p"},
        {"--engine=", "p"},
        {"-s", "many", "p"},
        {"-s", "1T", "p"},
        {"-E", "novalue", "p"},
        {"-U", "A=1", "p"},
        {"--nonsense", "p"},
        {"-g", "1234", "p"},
        {"-d", "in_asm", "p"},
        {"--stats=1", "p"},
        {"-x", "p"},
        {"-s", "-1", "p"},
        {"--memory-order", "weak", "p"},
        {"--no-pass", "foo", "p"},
        {"--no-pass", "promote", "p"},
        {"--max-insns", "0", "p"},
        {"--max-insns", "5G", "p"},
        {"--cold-runs", "5G", "p"},
        {"--seed", "0xffffffffffffffff", "p"},
        {"-s", "1", "p"},
        {"-s", "2G", "p"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        Options o;
        char *words[5] = {bad[i][0], bad[i][1], bad[i][2], bad[i][3]};
        bool ok = parse(&o, NULL, words);
        if (ok || !err[0] || strchr(err, '\n')) {
            printf("case %zu (%s): %s\n", i, bad[i][0], ok ? "accepted" : err);
            failures++;
        }
    }
}

/* The message names what was typed. */
static void test_names(void)
{
    static char *const cases[][3] = {{"-g", "1234", "option -g is"},
                                     {"--gdb", "1234", "option --gdb is"},
                                     {"-d", "in_asm", "option -d is"},
                                     {"-log=x", NULL, "option -log is"},
                                     {"-s", "1", "-s: '1'"},
                                     {"-stack-size=1", NULL, "-stack-size: '1'"},
                                     {"--no-pass", "foo", "--no-pass: 'foo'"}};
    char *environment[] = {"QEMU_STACK_SIZE=1", NULL};
    Options o;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(!parse(&o, NULL, WORDS(cases[i][0], cases[i][1])));
        CHECK(!strncmp(err, cases[i][2], strlen(cases[i][2])));
    }
    CHECK(!parse(&o, environment, WORDS("p")));
    CHECK(!strncmp(err, "QEMU_STACK_SIZE: '1'", 20));
    CHECK(parse(&o, NULL, WORDS("--no-pass", "fold", "p")) && !strcmp(o.no_pass, "fold"));
    CHECK(parse(&o, NULL, WORDS("--max-insns", "1", "--cold-runs", "0", "p")));
}

static void test_environment(void)
{
    Options o;
    char *env[] = {"DRAGOMAN_STRACE=1",
                   "DRAGOMAN_ENGINE=interp",
                   "DRAGOMAN_LD_PREFIX=/root",
                   "DRAGOMAN_STACK_SIZE=1M",
                   "OTHER=1",
                   NULL};
    CHECK(parse(&o, env, WORDS("-L", "/won", "p")));
    CHECK(o.strace && !strcmp(o.engine, "interp") && !strcmp(o.prefix, "/won"));
    CHECK(o.stack_size == 1u << 20);
    char *qemu[] = {"QEMU_STRACE=1",        "QEMU_LD_PREFIX=/q",
                    "QEMU_SET_ENV=A=1,B=2", "QEMU_UNSET_ENV=C,D",
                    "QEMU_ARGV0=zero",      "QEMU_STACK_SIZE=2M",
                    "QEMU_GUEST_BASE=0",    "DRAGOMAN_LD_PREFIX=/d",
                    "QEMU_UNAME=9.9",       NULL};
    CHECK(parse(&o, qemu, WORDS("p")));
    CHECK(o.strace && !strcmp(o.prefix, "/d") && o.env.count == 4 && o.env.list[3].unset);
    CHECK(!strcmp(o.argv0, "zero") && o.stack_size == 2u << 20 && !strcmp(o.uname_release, "9.9"));
    char *base[] = {"QEMU_GUEST_BASE=0x10000", NULL};
    CHECK(!parse(&o, base, WORDS("p")));
    char *wrong[] = {"DRAGOMAN_ENGINE=fast", NULL};
    CHECK(!parse(&o, wrong, WORDS("p")));

    CHECK(parse(&o, NULL, WORDS("-E", "A=new", "-U", "B", "-E", "C=3", "p")));
    char *from[] = {"A=old", "B=2", "AB=kept", NULL};
    char **to = options_environment(&o, from);
    CHECK(to && !strcmp(to[0], "AB=kept") && !strcmp(to[1], "A=new") && !strcmp(to[2], "C=3") &&
          !to[3]);
    free(to);
}

static void test_inherited(void)
{
    Options o, again;
    char *args[64];
    CHECK(parse(&o, NULL,
                WORDS("-L", "/x", "--strace", "--engine", "jit", "-s", "65536", "--max-optimised",
                      "9", "-0", "name", "-E", "A=1", "--launcher", "a b", "p")));
    unsigned n = options_inherited(&o, args, 62);
    CHECK(n == 6);
    args[n] = (char *)(uintptr_t) "p";
    args[n + 1] = NULL;
    CHECK(parse(&again, NULL, args));
    CHECK(!strcmp(again.prefix, "/x") && again.strace && !strcmp(again.engine, "jit"));
    CHECK(again.stack_size == 65536 && again.max_optimised == 9 && !again.argv0);
    CHECK(!strcmp(again.launcher, "a b") && again.env.count == 0);
}

static void test_help(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    options_help(f);
    fclose(f);
    static const char *const words[] = {
#define HIDDEN 0
#define OPTION(field, letter, word, argument, environment, kind, keep, help)                       \
#keep[0] == 'H' ? "" : "--" word, help[0] ? "" : "(row without help: " word ")",
#define GROUP(title) "\n" title ":\n",
#include "runtime/options.def"
#undef OPTION
#undef GROUP
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strstr(text, words[i])) {
            printf("not in the help: %s\n", words[i]);
            failures++;
        }
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
        if (end - line > 110) {
            printf("a long line in the help: %.*s\n", (int)(end - line), line);
            failures++;
        }
    free(text);
}

/* docs/dragoman.1 is the table's: `dragoman --man > docs/dragoman.1` makes it again. */
static void test_man(void)
{
    char *text = NULL, file[1 << 16];
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    options_man(f);
    fclose(f);
    f = fopen(TESTS_DIR "/../docs/dragoman.1", "r");
    size_t n = f ? fread(file, 1, sizeof file, f) : 0;
    if (f)
        fclose(f);
    CHECK(n == size && !memcmp(text, file, n));
    free(text);
}

int main(void)
{
    test_forms();
    test_refused();
    test_names();
    test_environment();
    test_inherited();
    test_help();
    test_man();
    return check_report();
}

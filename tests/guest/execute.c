/* execute.c: what execve refuses, and interpreters of every kind: FIFOs, directories, devices, the
 * program that makes the call by its links in /proc. "apart" leaves out what an emulator that runs
 * Dragoman cannot do. */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static const char *const names[] = {"fifo", "directory", "/dev/null", "plain", "missing", "loop"};
enum { NAMES = sizeof names / sizeof names[0] };

static void finish(const char *what, pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    if (status)
        printf("%s -> %d\n", what, WEXITSTATUS(status));
}

static void try(const char *path)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execl(path, path, "child", "of", path, (char *)NULL);
        printf("%s: %s\n", path, strerror(errno));
        fflush(stdout);
        _exit(0);
    }
    finish(path, pid);
}

static void write_file(const char *path, const void *bytes, size_t n, int mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0);
}

static void try_script(const char *interpreter)
{
    char text[300];
    int n = snprintf(text, sizeof text, "#!%s child\nnothing\n", interpreter);
    write_file("script", text, (size_t)n, 0755);
    printf("#!%s: ", interpreter);
    try("./script");
}

static void try_elf(const char *interpreter)
{
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment[2];
        char name[64];
    } file = {.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT,
                         .e_entry = 0x400000,
                         .e_phoff = sizeof(Elf64_Ehdr),
                         .e_ehsize = sizeof(Elf64_Ehdr),
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = 2}};
    size_t n = strlen(interpreter) + 1;
    file.segment[0] = (Elf64_Phdr){.p_type = PT_INTERP,
                                   .p_offset = (uint64_t)((char *)file.name - (char *)&file),
                                   .p_filesz = n,
                                   .p_memsz = n};
    file.segment[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_X,
                                   .p_vaddr = 0x400000,
                                   .p_filesz = sizeof file,
                                   .p_memsz = sizeof file,
                                   .p_align = 4096};
    memcpy(file.name, interpreter, n);
    write_file("program", &file, sizeof file, 0755);
    printf("interpreter %s: ", interpreter);
    try("./program");
}

static void try_descriptor(const char *path, int flags)
{
    int fd = open(path, flags);
    CHECK(fd >= 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char *arguments[] = {"name", "child", NULL};
        fexecve(fd, arguments, environ);
        printf("fexecve %s: %s\n", path, strerror(errno));
        fflush(stdout);
        _exit(0);
    }
    finish(path, pid);
    close(fd);
}

static void no_descriptors(void)
{
    struct rlimit limit;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
        limit.rlim_cur = 3;
        CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0 && dup(1) == -1 && errno == EMFILE);
        execl("/proc/self/exe", "name", "child", "limit", (char *)NULL);
        execl("./self", "name", "child", "limit", (char *)NULL);
        _exit(99);
    }
    finish("no descriptors", pid);
}

static void by_link(void)
{
    CHECK(symlink("/proc/self/exe", "self") == 0);
    try_descriptor("self", O_RDONLY);
    try_descriptor("self", O_PATH);
    write_file("script", "#!./self child\n", 15, 0755);
    try("./script");
    write_file("outer", "#!./script child\n", 17, 0755);
    try("./outer");
    no_descriptors();
}

static int as_child(int argc, char **argv)
{
    struct rlimit limit;
    for (int i = 0; i < argc; i++)
        printf(" [%s]",
               strncmp(argv[i], "/proc/", 6) || !isdigit(argv[i][6]) ? argv[i] : "by number");
    if (argc > 2 && !strcmp(argv[2], "limit")) {
        getrlimit(RLIMIT_NOFILE, &limit);
        printf(" limit %lu, %s", limit.rlim_cur, dup(1) < 0 ? strerror(errno) : "a descriptor");
    }
    printf("\n");
    return 0;
}

int main(int argc, char **argv)
{
    char text[64];
    if (argc > 1 && !strcmp(argv[1], "child"))
        return as_child(argc, argv);
    CHECK(mkfifo("fifo", 0755) == 0 && mkdir("directory", 0755) == 0);
    CHECK(symlink("loop", "loop") == 0);
    write_file("plain", "#!/dev/null\n", 12, 0644);
    for (unsigned i = 0; i < NAMES; i++) {
        try(names[i]);
        try_script(names[i]);
        try_elf(names[i]);
    }
    try_descriptor("fifo", O_RDONLY | O_NONBLOCK);
    try_descriptor("directory", O_RDONLY);
    try_descriptor("fifo", O_PATH);

    try_script("/proc/self/exe");
    try_script("/proc/thread-self/exe");
    if (argc < 2)
        by_link();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) { /* the child's own number; it becomes the script */
        int n = snprintf(text, sizeof text, "#!/proc/%d/exe child\n", getpid());
        write_file("script", text, (size_t)n, 0755);
        execl("./script", "name", NULL);
        _exit(99);
    }
    finish("by number", pid);
    return 0;
}

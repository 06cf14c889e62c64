/* Makes one write of a program fail, as a full or broken disk does: preloaded into the program by writes.rs.

   FAIL_BELOW  files whose path begins like this count, others are left alone
   FAIL_AT     number of the call that fails, from 1; 0 fails none
   FAIL_WITH   errno that it fails with
   FAIL_ON     set: all later calls fail too, as on a full disk
   FAIL_NOTE   file that the path of the first failed call is written to
   FAIL_COUNT  file that the number of calls is written to at the end

   Calls: creating a file, writing to it, flushing it to the disk. Renaming is not among them: the programs do it
   without the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static atomic_int noted;

static void note(const char *variable, const char *text) {
    const char *path = getenv(variable);
    if (path == NULL) return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0) return;
    syscall(SYS_write, file, text, strlen(text));
    syscall(SYS_close, file);
}

/* Whether this call, on this path, fails. */
static int fails(const char *path) {
    const char *below = getenv("FAIL_BELOW"), *at = getenv("FAIL_AT"), *with = getenv("FAIL_WITH");
    if (below == NULL || at == NULL || with == NULL || strncmp(path, below, strlen(below)) != 0) return 0;
    long call = atomic_fetch_add(&calls, 1) + 1, wanted = atol(at);
    if (wanted == 0 || (call != wanted && !(getenv("FAIL_ON") != NULL && call > wanted))) return 0;
    if (atomic_exchange(&noted, 1) == 0) note("FAIL_NOTE", path);
    errno = atoi(with);
    return 1;
}

static int descriptor_fails(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path);
}

static int creation_fails(const char *path, int flags) {
    char whole[4096];
    if (!(flags & O_CREAT)) return 0;
    if (path[0] == '/') return fails(path);
    if (getcwd(whole, sizeof whole) == NULL) return 0;
    size_t used = strlen(whole);
    snprintf(whole + used, sizeof whole - used, "/%s", path);
    return fails(whole);
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define ON_DESCRIPTOR(name, parameters, arguments, type) \
    type name parameters { \
        REAL(name); \
        return descriptor_fails(file) ? -1 : real arguments; \
    }

ON_DESCRIPTOR(write, (int file, const void *bytes, size_t count), (file, bytes, count), ssize_t)
ON_DESCRIPTOR(writev, (int file, const struct iovec *parts, int count), (file, parts, count), ssize_t)
ON_DESCRIPTOR(pwrite64, (int file, const void *bytes, size_t count, off64_t at), (file, bytes, count, at), ssize_t)
ON_DESCRIPTOR(fsync, (int file), (file), int)
ON_DESCRIPTOR(fdatasync, (int file), (file), int)

#define ON_CREATION(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        int mode = va_arg(rest, int); \
        va_end(rest); \
        return creation_fails(path, flags) ? -1 : real(path, flags, mode); \
    }

ON_CREATION(open)
ON_CREATION(open64)

/* The programs end by this call, without destructors. */
void _exit(int code) {
    char text[32];
    snprintf(text, sizeof text, "%ld", atomic_load(&calls));
    note("FAIL_COUNT", text);
    for (;;) syscall(SYS_exit_group, code);
}

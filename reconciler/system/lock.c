/* SPDX-License-Identifier: MIT */
#include "reconciler/system/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/clock.h"

/* How often a lock that is held is tried again: nothing tells when it is free, but a thread that
 * blocks in it. */
#define POLL_USEC (50 * 1000)

#define LOCK_MODE 0660

struct lock {
	int fd;
};

const char *lock_directory(bool session)
{
	static gsize made;

	if (!session)
		return USBRECONCILE_RUNDIR;
	if (g_once_init_enter(&made))
		g_once_init_leave(&made, (gsize)g_build_filename(g_get_user_runtime_dir(),
								 "usbreconcile", NULL));
	return (const char *)made;
}

/* What root makes of the host's belongs to the daemon and its group, as tmpfiles.d says, or the
 * daemon could not start afterwards. Where there is no such user, root keeps it. */
static void hand_over(const char *directory, const char *path)
{
	const struct passwd *user;
	const struct group *group;

	if (geteuid() != 0 || !g_str_equal(directory, USBRECONCILE_RUNDIR))
		return;
	user = getpwnam("usbreconcile");
	group = getgrnam("libvirt");
	if (user && group) {
		/* Should it fail, the daemon's unit mends it. */
		int unused G_GNUC_UNUSED = lchown(path, user->pw_uid, group->gr_gid);
	}
}

/* Made here only when nobody has. */
static int create(const char *directory, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, LOCK_MODE);

	if (fd >= 0) {
		fchmod(fd, LOCK_MODE); /* whatever the umask */
		hand_over(directory, path);
	} else if (errno == EEXIST) {
		fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	}
	return fd;
}

static int open_file(const char *directory, const char *path)
{
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdir(directory, 0755) == 0) {
		chmod(directory, 0755); /* whatever the umask */
		hand_over(directory, directory);
	} else if (errno != EEXIST) {
		return -1;
	}
	return create(directory, path);
}

static char *explain(const char *directory, const char *path)
{
	int error = errno;

	if ((error == EACCES || error == EPERM) && access(directory, F_OK) < 0)
		return g_strdup_printf("%s does not exist; `systemd-tmpfiles --create "
				       "usbreconcile.conf` as root makes it, or run with sudo",
				       directory);
	if (error == EACCES || error == EPERM)
		return g_strdup_printf(
			"no access to the lock %s; add yourself to the group libvirt "
			"(and log in again) or run with sudo",
			path);
	return g_strdup_printf("cannot open the lock %s: %s", path, g_strerror(error));
}

/* 1: taken. 0: somebody has it. */
static int try_take(int fd)
{
	/* Of the open file, not of the process: threads and libraries that close it cannot drop it.
	 */
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &all) == 0)
		return 1;
	return errno == EAGAIN || errno == EACCES || errno == EINTR ? 0 : -1;
}

/* "PID SECONDS COMMAND": nobody is kept from it when this fails. */
static void sign(int fd, const char *command)
{
	g_autofree char *text = g_strdup_printf("%d %" G_GINT64_FORMAT " %s\n", (int)getpid(),
						clock_wall(), command);
	size_t length = strlen(text);

	if (pwrite(fd, text, length, 0) != (ssize_t)length || ftruncate(fd, (off_t)length) < 0)
		return;
}

char *lock_holder(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "lock", NULL);
	char untrusted_text[128] = "", command[16] = "";
	g_autoptr(GDateTime) since = NULL;
	g_autofree char *time = NULL;
	gint64 seconds = 0;
	int pid = 0;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return g_strdup("another usbreconcile");
	length = pread(fd, untrusted_text, sizeof(untrusted_text) - 1, 0);
	close(fd);
	/* Only letters are taken for a command. A process that is gone has not the lock. */
	if (length <= 0 ||
	    sscanf(untrusted_text, "%d %" G_GINT64_FORMAT " %15[a-z]", &pid, &seconds, command) !=
		    3 ||
	    pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH))
		return g_strdup("another usbreconcile");
	since = g_date_time_new_from_unix_local(seconds);
	time = since ? g_date_time_format(since, "%F %T") : g_strdup("?");
	return g_strdup_printf("`usbreconcile %s` (process %d, since %s)", command, pid, time);
}

int lock_take(const char *directory, const char *command, gint64 patience_usec,
	      struct lock **ret_lock, char **err)
{
	g_autofree char *path = g_build_filename(directory, "lock", NULL);
	gint64 deadline = g_get_monotonic_time() + patience_usec;
	int fd = open_file(directory, path);
	int taken;

	if (fd < 0) {
		*err = explain(directory, path);
		return -1;
	}
	while ((taken = try_take(fd)) == 0 && g_get_monotonic_time() < deadline)
		g_usleep(POLL_USEC);
	if (taken == 1) {
		sign(fd, command);
		*ret_lock = g_new0(struct lock, 1);
		(*ret_lock)->fd = fd;
		return 0;
	}
	if (taken < 0)
		*err = g_strdup_printf("cannot lock %s: %s", path, g_strerror(errno));
	close(fd);
	return taken < 0 ? -1 : LOCK_BUSY;
}

void lock_free(struct lock *lock)
{
	close(lock->fd);
	g_free(lock);
}

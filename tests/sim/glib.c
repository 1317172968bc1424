/* SPDX-License-Identifier: MIT */

/*
 * The program's threads, locks, clocks and signals. Its calls come here (-Wl,--wrap, see
 * tests/CMakeLists.txt); GLib's own do not. Sockets, pipes and the loop itself are real: all who
 * use them are in this process, and nobody waits in them.
 */

#include "people.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "reconciler/daemon/daemon.h"
#include "reconciler/daemon/state.h"

#define WRAP(type, function, ...)                                                                  \
	type __real_##function(__VA_ARGS__);                                                       \
	type __wrap_##function(__VA_ARGS__);                                                       \
	type __wrap_##function(__VA_ARGS__)

/* ---- clocks ---- */

WRAP(int, clock_gettime, clockid_t clock, struct timespec *time)
{
	(void)clock;
	time->tv_sec = (time_t)(sim_now / SEC);
	time->tv_nsec = (long)(sim_now % SEC) * 1000;
	return 0;
}

WRAP(gint64, g_get_monotonic_time, void)
{
	return (gint64)sim_now;
}

WRAP(gint64, g_get_real_time, void)
{
	return (gint64)(sim_now + 1600000000 * SEC);
}

WRAP(void, g_usleep, gulong usec)
{
	fiber_sleep(usec);
}

/* ---- locks: nobody is interrupted, so a lock is held only by who waits in it ---- */

static GHashTable *locked;

WRAP(void, g_mutex_lock, GMutex *mutex)
{
	while (g_hash_table_contains(locked, mutex))
		fiber_wait(mutex, 0);
	g_hash_table_add(locked, mutex);
}

WRAP(void, g_mutex_unlock, GMutex *mutex)
{
	g_hash_table_remove(locked, mutex);
	if (fiber_self())
		fiber_wake_one(mutex);
}

WRAP(gboolean, g_mutex_trylock, GMutex *mutex)
{
	return g_hash_table_add(locked, mutex);
}

WRAP(gboolean, g_cond_wait_until, GCond *cond, GMutex *mutex, gint64 when)
{
	bool woken;

	__wrap_g_mutex_unlock(mutex);
	woken = fiber_wait(cond, (uint64_t)MAX(when, 1));
	__wrap_g_mutex_lock(mutex);
	return woken;
}

WRAP(void, g_cond_wait, GCond *cond, GMutex *mutex)
{
	__wrap_g_mutex_unlock(mutex);
	fiber_wait(cond, 0);
	__wrap_g_mutex_lock(mutex);
}

WRAP(void, g_cond_signal, GCond *cond)
{
	fiber_wake_one(cond);
}

WRAP(void, g_cond_broadcast, GCond *cond)
{
	fiber_wake_all(cond);
}

/* ---- the alarm ---- */

struct timer {
	int fd;
	uint64_t moment;
};

static GHashTable *timers; /* fd -> struct timer * */

static void ring(void *data)
{
	struct timer *timer = data;
	uint64_t once = 1;

	timer->moment = 0;
	if (write(timer->fd, &once, sizeof(once)) < 0)
		abort();
}

WRAP(int, timerfd_create, int clock, int flags)
{
	struct timer *timer = g_new0(struct timer, 1);

	(void)clock;
	(void)flags;
	timer->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	g_hash_table_replace(timers, GINT_TO_POINTER(timer->fd), timer);
	return timer->fd;
}

WRAP(int, timerfd_settime, int fd, int flags, const struct itimerspec *value,
     struct itimerspec *old)
{
	struct timer *timer = g_hash_table_lookup(timers, GINT_TO_POINTER(fd));
	uint64_t when =
		(uint64_t)value->it_value.tv_sec * SEC + (uint64_t)value->it_value.tv_nsec / 1000;
	uint64_t rung;

	(void)old;
	if (timer->moment)
		sim_cancel(timer->moment);
	timer->moment = 0;
	/* Setting a timer takes back that it has run out. */
	if (read(fd, &rung, sizeof(rung)) < 0 && errno != EAGAIN)
		abort();
	if (when == 0)
		return 0;
	if (!(flags & TFD_TIMER_ABSTIME))
		when += sim_now;
	timer->moment = sim_at(when > sim_now ? when - sim_now : 0, ring, timer);
	return 0;
}

static gboolean stop_timer(gpointer fd, gpointer data, gpointer unused)
{
	struct timer *timer = data;

	(void)fd;
	(void)unused;
	if (timer->moment)
		sim_cancel(timer->moment);
	g_free(timer);
	return TRUE;
}

WRAP(int, close, int fd)
{
	struct timer *timer = timers ? g_hash_table_lookup(timers, GINT_TO_POINTER(fd)) : NULL;

	if (timer) {
		stop_timer(NULL, timer, NULL);
		g_hash_table_remove(timers, GINT_TO_POINTER(fd));
	}
	vfs_close(fd);
	return __real_close(fd);
}

/* ---- signals ---- */

static int signal_fds[64];

struct signal_source {
	GSource source;
	int fd;
	gpointer tag;
};

static gboolean signal_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	struct signal_source *own = (struct signal_source *)source;
	uint64_t times;

	if (read(own->fd, &times, sizeof(times)) < 0)
		return G_SOURCE_CONTINUE;
	return callback(data);
}

static gboolean signal_check(GSource *source)
{
	struct signal_source *own = (struct signal_source *)source;

	return (g_source_query_unix_fd(source, own->tag) & G_IO_IN) != 0;
}

static GSourceFuncs signal_functions = {.check = signal_check, .dispatch = signal_dispatch};

WRAP(GSource *, g_unix_signal_source_new, gint number)
{
	GSource *source = g_source_new(&signal_functions, sizeof(struct signal_source));
	struct signal_source *own = (struct signal_source *)source;

	own->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	own->tag = g_source_add_unix_fd(source, own->fd, G_IO_IN);
	signal_fds[number] = own->fd;
	return source;
}

void program_signal(int number)
{
	uint64_t once = 1;

	if (program_runs() && signal_fds[number] > 0 &&
	    write(signal_fds[number], &once, sizeof(once)) < 0)
		abort();
}

/* ---- the loop ---- */

static struct fiber *program;
static unsigned int kill_in; /* calls */
static bool kill_after;
static GMainContext *polled; /* the loop that waits, or NULL */
static uint64_t turns, since;
static GHashTable *fds_before;
static char *directory;

gboolean __real_g_main_context_iteration(GMainContext *context, gboolean may_block);
gboolean __wrap_g_main_context_iteration(GMainContext *context, gboolean may_block);

gboolean __wrap_g_main_context_iteration(GMainContext *context, gboolean may_block)
{
	bool done;

	for (;;) {
		/* Where a turn takes no time, a program that never rests would stop the clock. */
		fiber_sleep(sim_between(5, 60));
		done = __real_g_main_context_iteration(context, FALSE);
		if (done || !may_block)
			break;
		polled = context;
		fiber_wait(&polled, 0);
		polled = NULL;
	}
	turns++;
	return done;
}

void program_poll(void)
{
	if (polled && g_main_context_pending(polled))
		fiber_wake_all(&polled);
}

uint64_t program_since(void)
{
	return since;
}

uint64_t program_turns(void)
{
	return turns;
}

static GHashTable *open_fds(void)
{
	GHashTable *fds = g_hash_table_new(NULL, NULL);
	DIR *list = opendir("/proc/self/fd");
	struct dirent *entry;

	while (list && (entry = readdir(list)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(list))
			g_hash_table_add(fds, GINT_TO_POINTER(atoi(entry->d_name)));
	closedir(list);
	return fds;
}

void program_spare(int fd, bool spare)
{
	if (spare)
		g_hash_table_add(fds_before, GINT_TO_POINTER(fd));
	else
		g_hash_table_remove(fds_before, GINT_TO_POINTER(fd));
}

static void close_new(gpointer fd, gpointer value, gpointer unused)
{
	(void)value;
	(void)unused;
	if (!g_hash_table_contains(fds_before, fd))
		close(GPOINTER_TO_INT(fd));
}

/* What the kernel does when a process is over, however it ended. */
static void clean_up(void)
{
	g_autoptr(GHashTable) fds = NULL;

	fibers_kill();
	program = NULL;
	polled = NULL;
	command_forget();
	kill_in = 0;
	g_hash_table_foreach_remove(timers, stop_timer, NULL);
	g_hash_table_remove_all(locked);
	fds = open_fds();
	g_hash_table_foreach(fds, close_new, NULL);
	udev_reset();
	libvirt_close_all(-1);
}

static void run_program(void *data)
{
	const struct daemon_options options = {.uri = "qemu:///system", .resync = 60};

	(void)data;
	daemon_run(&options);
	trace("daemon", "has ended");
	clean_up();
}

bool program_runs(void)
{
	return program != NULL;
}

const char *program_directory(void)
{
	if (!directory)
		directory = g_dir_make_tmp("usbreconcile-sim-XXXXXX", NULL);
	return directory;
}

static bool host_stops;

WRAP(bool, service_host_is_stopping, void)
{
	return host_stops;
}

void program_host_stops(bool stops)
{
	host_stops = stops;
}

bool program_host_is_stopping(void)
{
	return host_stops;
}

static void start_again(void *unused)
{
	(void)unused;
	program_start();
}

void program_start(void)
{
	if (program || host_stops)
		return;
	if (command_has_lock()) {
		sim_at(200 * MS, start_again, NULL);
		return;
	}
	if (!timers) {
		timers = g_hash_table_new(NULL, NULL);
		locked = g_hash_table_new(NULL, NULL);
		fds_before = open_fds();
	}
	trace("daemon", "starts");
	since = sim_now;
	program = fiber_start("daemon", run_program, NULL, 0);
}

/* As kill -9: the kernel closes what it had. */
void program_kill(void)
{
	if (!program)
		return;
	trace("daemon", "is killed");
	clean_up();
}

static void kill_now(void *unused)
{
	(void)unused;
	trace("people", "kill -9 in a call");
	/* The daemon, or a command that works without one. */
	clean_up();
}

void program_kill_in_call(unsigned int number, bool after)
{
	kill_in = number;
	kill_after = after;
}

void program_calls(bool after)
{
	if (kill_in == 0 || after != kill_after || --kill_in > 0)
		return;
	sim_at(0, kill_now, NULL);
	fiber_wait(&kill_in, 0);
}

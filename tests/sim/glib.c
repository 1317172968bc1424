/* SPDX-License-Identifier: MIT */

/*
 * The program's threads, locks, clocks and signals. Its calls come here (-Wl,--wrap, see
 * tests/CMakeLists.txt); GLib's own do not. Sockets, pipes and the loop itself are real: all who
 * use them are in this process, and nobody waits in them.
 */

#include "sim.h"

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

/* ---- threads ---- */

struct thread {
	GThreadFunc run;
	void *data, *result;
	struct fiber *fiber;
};

static void run_thread(void *data)
{
	struct thread *thread = data;

	thread->result = thread->run(thread->data);
}

WRAP(GThread *, g_thread_new, const char *name, GThreadFunc run, void *data)
{
	struct thread *thread = g_new0(struct thread, 1);

	thread->run = run;
	thread->data = data;
	thread->fiber = fiber_start(name ? name : "thread", run_thread, thread, sim_below(50));
	return (GThread *)(void *)thread;
}

WRAP(void *, g_thread_join, GThread *handle)
{
	struct thread *thread = (void *)handle;

	while (!fiber_is_over(thread->fiber))
		fiber_wait(thread->fiber, 0);
	return thread->result;
}

WRAP(void, g_thread_unref, GThread *thread)
{
	(void)thread;
}

struct pool {
	GFunc run;
	void *data;
	gint most;
	gint running;
	GQueue waiting;
};

struct task {
	struct pool *pool;
	void *data;
};

static void run_task(void *data)
{
	struct task *task = data;
	struct pool *pool = task->pool;

	do {
		pool->run(task->data, pool->data);
		task->data = g_queue_pop_head(&pool->waiting);
	} while (task->data);
	pool->running--;
	g_free(task);
}

WRAP(GThreadPool *, g_thread_pool_new, GFunc run, void *data, gint most, gboolean own,
     GError **error)
{
	struct pool *pool = g_new0(struct pool, 1);

	(void)own;
	(void)error;
	pool->run = run;
	pool->data = data;
	pool->most = most;
	return (GThreadPool *)(void *)pool;
}

WRAP(gboolean, g_thread_pool_push, GThreadPool *handle, void *data, GError **error)
{
	struct pool *pool = (void *)handle;
	struct task *task;

	(void)error;
	if (pool->most >= 0 && pool->running >= pool->most) {
		g_queue_push_tail(&pool->waiting, data);
		return TRUE;
	}
	pool->running++;
	task = g_new0(struct task, 1);
	*task = (struct task){pool, data};
	fiber_start("pool", run_task, task, sim_below(100));
	return TRUE;
}

WRAP(void, g_thread_pool_free, GThreadPool *pool, gboolean immediate, gboolean wait)
{
	(void)pool;
	(void)immediate;
	(void)wait;
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
static GMainContext *polled; /* the loop that waits, or NULL */
static uint64_t turns;
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

int __real_wire_listen(const char *where, const char *name, unsigned int mode, char **err);
int __wrap_wire_listen(const char *where, const char *name, unsigned int mode, char **err);

int __wrap_wire_listen(const char *where, const char *name, unsigned int mode, char **err)
{
	(void)where;
	return __real_wire_listen(program_directory(), name, mode, err);
}

void program_start(void)
{
	if (program)
		return;
	if (!timers) {
		timers = g_hash_table_new(NULL, NULL);
		locked = g_hash_table_new(NULL, NULL);
		fds_before = open_fds();
	}
	trace("daemon", "starts");
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

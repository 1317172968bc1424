/* SPDX-License-Identifier: MIT */

/* The program's threads and thread pools: fibers here. */

#include "sim.h"

#define WRAP(type, function, ...)                                                                  \
	type __real_##function(__VA_ARGS__);                                                       \
	type __wrap_##function(__VA_ARGS__);                                                       \
	type __wrap_##function(__VA_ARGS__)

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

/* SPDX-License-Identifier: MIT */
#include "reconciler/daemon/worker.h"

struct worker {
	GMainContext *loop;
	GThreadPool *pool;
	GQueue tasks; /* struct task *: the outstanding ones; the loop's own */
};

struct task {
	struct worker *worker;
	struct worker_job job;
	/* Not the clock of the deadlines: a host that sleeps makes nobody late. */
	gint64 started;
};

static gboolean finish(gpointer data)
{
	struct task *task = data;

	g_queue_remove(&task->worker->tasks, task);
	task->job.done(task->job.data);
	g_free(task);
	return G_SOURCE_REMOVE;
}

static void run(gpointer data, gpointer unused G_GNUC_UNUSED)
{
	struct task *task = data;

	task->job.work(task->job.data);

	GSource *source = g_idle_source_new();
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, finish, task, NULL);
	g_source_attach(source, task->worker->loop);
	g_source_unref(source);
}

struct worker *worker_new(GMainContext *loop, unsigned int threads)
{
	struct worker *worker = g_new0(struct worker, 1);

	worker->loop = g_main_context_ref(loop);
	worker->pool = g_thread_pool_new(run, NULL, (gint)threads, FALSE, NULL);
	return worker;
}

void worker_start(struct worker *worker, struct worker_job job)
{
	struct task *task = g_new0(struct task, 1);

	task->worker = worker;
	task->job = job;
	task->started = g_get_monotonic_time();
	g_queue_push_tail(&worker->tasks, task);
	g_thread_pool_push(worker->pool, task, NULL);
}

unsigned int worker_outstanding(const struct worker *worker)
{
	return worker->tasks.length;
}

bool worker_is_late(const struct worker *worker)
{
	gint64 now = g_get_monotonic_time();

	for (const GList *at = worker->tasks.head; at; at = at->next) {
		const struct task *task = at->data;

		if (task->job.bound != 0 && now - task->started > task->job.bound)
			return true;
	}
	return false;
}

void worker_abandon(struct worker *worker)
{
	g_thread_pool_free(worker->pool, TRUE, FALSE);
	if (worker->tasks.length > 0)
		return;
	g_main_context_unref(worker->loop);
	g_free(worker);
}

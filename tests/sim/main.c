/* SPDX-License-Identifier: MIT */

/*
 *   sim [--seeds N] [--seed S] [--seconds REAL] [--libvirt 9.0|11.3|12.8] [--intensity 0..2]
 * [--no-shrink]
 *
 * Lives through worlds, one a seed. A world that fails is lived again with ever fewer happenings,
 * and the shortest life is told. --seed tells one world whatever comes of it.
 */

#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE  (240 * SEC)
#define QUIET (30 * SEC)

struct world {
	uint64_t seed;
	enum libvirt_version version;
	unsigned int intensity;
	GArray *plan; /* struct happening */
};

static const char *const versions[] = {"9.0", "11.3", "12.8"};

static void happen(void *data)
{
	people_do(data);
}

static void look(void *data)
{
	(void)data;
	check_always();
	sim_at(SEC, look, NULL);
}

static void rest(void *data)
{
	(void)data;
	check_rest();
}

static void watch_rest(uint64_t turns)
{
	if (sim_now - libvirt_last_act < QUIET)
		fail("the world rests for 180 s, and something was done %u s ago",
		     (unsigned int)((sim_now - libvirt_last_act) / SEC));
	if (program_turns() - turns > 200)
		fail("the world rests, and the daemon's loop turned %u times in 30 s",
		     (unsigned int)(program_turns() - turns));
}

static void live(const struct world *world)
{
	uint64_t turns;

	sim_seed(world->seed);
	check_reset();
	host_boot();
	libvirt_boot(world->version);
	people_begin(world->seed);
	sim_seed(world->seed * 31 + 7);
	program_start();
	sim_at(SEC, look, NULL);
	for (guint i = 0; i < world->plan->len; i++) {
		struct happening *happening = &g_array_index(world->plan, struct happening, i);

		sim_at(happening->at, happen, happening);
	}
	sim_run(LIFE + 65 * SEC);
	people_calm();
	sim_run(sim_now + 150 * SEC);
	turns = program_turns();
	sim_run(sim_now + QUIET);
	if (!sim_failure)
		watch_rest(turns);
	if (sim_failure)
		return;
	fiber_start("person", rest, NULL, 0);
	sim_run(sim_now + 20 * SEC);
}

/* ---- each world in a process of its own ---- */

struct report {
	uint64_t simulated, calls, acts;
	char failure[400];
};

static void be_quiet(void)
{
	if (!sim_tracing && !freopen("/dev/null", "w", stderr))
		abort();
}

static struct report live_apart(const struct world *world, bool tell)
{
	struct report report = {0};
	int pipe_fds[2], status;
	pid_t child;

	if (pipe(pipe_fds) < 0)
		abort();
	fflush(stdout);
	child = fork();
	if (child == 0) {
		sim_tracing = tell;
		be_quiet();
		/* One that never lets time go by. */
		alarm(60);
		live(world);
		report.simulated = sim_now;
		report.calls = libvirt_calls_made;
		report.acts = libvirt_acts;
		g_strlcpy(report.failure, sim_failure ? sim_failure : "", sizeof(report.failure));
		fflush(stdout);
		if (write(pipe_fds[1], &report, sizeof(report)) < 0)
			abort();
		_exit(0);
	}
	close(pipe_fds[1]);
	waitpid(child, &status, 0);
	if (read(pipe_fds[0], &report, sizeof(report)) != (ssize_t)sizeof(report))
		g_snprintf(report.failure, sizeof(report.failure), "the program ended with %s %d",
			   WIFSIGNALED(status) ? "signal" : "status",
			   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	close(pipe_fds[0]);
	return report;
}

/* What kind of failure it is: its words without names and numbers. */
static char *kind_of(const char *failure)
{
	g_autoptr(GRegex) names =
		g_regex_new("\\b(alpha|beta|gamma)\\b(/"
			    "\\w+)?|\\d+|ua-usbr-\\S+|\\(.*\\)|twin-.|ups|stick|camera|"
			    "nameless-.|oddity|stranger|FT232",
			    0, 0, NULL);

	return g_regex_replace_literal(names, failure, -1, 0, "_", 0, NULL);
}

static bool fails_alike(const struct world *world, const char *kind)
{
	struct report report = live_apart(world, false);
	g_autofree char *own = kind_of(report.failure);

	return report.failure[0] && strcmp(own, kind) == 0;
}

/* Leaves out ever smaller parts, as long as it fails in the same way. */
static void shrink(struct world *world, const char *kind)
{
	for (guint part = MAX(world->plan->len / 2, 1); part > 0; part /= 2) {
		for (guint from = 0; from < world->plan->len;) {
			struct world less = *world;
			guint length = MIN(part, world->plan->len - from);

			less.plan = g_array_copy(world->plan);
			g_array_remove_range(less.plan, from, length);
			if (fails_alike(&less, kind)) {
				g_array_unref(world->plan);
				world->plan = less.plan;
			} else {
				g_array_unref(less.plan);
				from += length;
			}
		}
	}
}

static void tell_failure(struct world *world, const struct report *report, bool shrinking)
{
	g_autofree char *kind = kind_of(report->failure);
	guint before = world->plan->len;

	printf("FAILED seed %" G_GUINT64_FORMAT " (libvirt %s): %s\n", world->seed,
	       versions[world->version], report->failure);
	if (!shrinking)
		return;
	shrink(world, kind);
	printf("--- the shortest life that fails alike, %u of %u happenings:\n", world->plan->len,
	       before);
	live_apart(world, true);
	printf("--- again: --seed %" G_GUINT64_FORMAT "\n", world->seed);
}

struct options {
	gint64 seed, first, seeds, seconds;
	char *version;
	int intensity;
	gboolean whole, all;
};

static struct world world_of(const struct options *options, uint64_t seed)
{
	struct world world = {.seed = seed, .version = (enum libvirt_version)(seed % 3)};

	for (unsigned int i = 0; options->version && i < G_N_ELEMENTS(versions); i++) {
		if (strcmp(options->version, versions[i]) == 0)
			world.version = (enum libvirt_version)i;
	}
	world.intensity = options->intensity < 0 ? (unsigned int)(seed / 3 % 3)
						 : (unsigned int)options->intensity;
	world.plan = people_plan(seed, world.intensity, LIFE);
	return world;
}

static gint64 real_time(void)
{
	return (gint64)time(NULL);
}

static int live_through(const struct options *options)
{
	gint64 begun = real_time();
	struct report sum = {0};
	unsigned int failed = 0, count = 0;
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (uint64_t seed = (uint64_t)options->first;; seed++, count++) {
		struct world world;
		struct report report;

		if (options->seconds ? real_time() - begun >= options->seconds
				     : count >= options->seeds)
			break;
		world = world_of(options, seed);
		report = live_apart(&world, false);
		sum.simulated += report.simulated;
		sum.calls += report.calls;
		sum.acts += report.acts;
		if (report.failure[0]) {
			failed++;
			/* One story a kind is enough. */
			tell_failure(&world, &report,
				     !options->whole &&
					     g_hash_table_add(told, kind_of(report.failure)));
			fflush(stdout);
		}
		g_array_unref(world.plan);
		if (failed && !options->all)
			break;
	}
	printf("%u worlds, %.1f simulated hours in %u s, %u calls to libvirt, %u of them changes; "
	       "%u failed\n",
	       count, (double)sum.simulated / (double)HOUR, (unsigned int)(real_time() - begun),
	       (unsigned int)sum.calls, (unsigned int)sum.acts, failed);
	return failed > 0;
}

int main(int argc, char **argv)
{
	struct options options = {.seed = -1, .first = 1, .seeds = 100, .intensity = -1};
	const GOptionEntry entries[] = {
		{"seed", 0, 0, G_OPTION_ARG_INT64, &options.seed, "tell this world", "S"},
		{"first", 0, 0, G_OPTION_ARG_INT64, &options.first, "the first seed", "S"},
		{"seeds", 0, 0, G_OPTION_ARG_INT64, &options.seeds, "how many worlds", "N"},
		{"seconds", 0, 0, G_OPTION_ARG_INT64, &options.seconds, "or for how long", "N"},
		{"libvirt", 0, 0, G_OPTION_ARG_STRING, &options.version, "9.0, 11.3 or 12.8", "V"},
		{"intensity", 0, 0, G_OPTION_ARG_INT, &options.intensity, "0, 1 or 2", "N"},
		{"no-shrink", 0, 0, G_OPTION_ARG_NONE, &options.whole, "as it happened", NULL},
		{"all", 0, 0, G_OPTION_ARG_NONE, &options.all, "go on after a failure", NULL},
		{NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "sim: %s\n", error->message);
		return 64;
	}
	program_directory();
	if (options.seed >= 0) {
		struct world world = world_of(&options, (uint64_t)options.seed);
		struct report report = live_apart(&world, true);

		return report.failure[0] != '\0';
	}
	return live_through(&options);
}

/* SPDX-License-Identifier: MIT */

/* Time, and what runs in it: one heap of moments, and fibers instead of threads. */

#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define SWITCHING(fake, bottom, size) __sanitizer_start_switch_fiber(fake, bottom, size)
#define SWITCHED(fake, bottom, size)  __sanitizer_finish_switch_fiber(fake, bottom, size)
#else
#define SWITCHING(fake, bottom, size) ((void)(fake), (void)(bottom), (void)(size))
#define SWITCHED(fake, bottom, size)  ((void)(fake), (void)(bottom), (void)(size))
#endif

#define STACK ((size_t)512 * 1024)

uint64_t sim_now;
static uint64_t state;

/* splitmix64: small, and the same everywhere. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Mixed, as what follows from one seed would otherwise be what follows from the next, a step on. */
void sim_seed(uint64_t seed)
{
	state = mix(seed + 0x1234567);
}

uint64_t sim_random(void)
{
	return mix(state += 0x9e3779b97f4a7c15u);
}

uint64_t sim_below(uint64_t limit)
{
	return sim_random() % limit;
}

bool sim_chance(unsigned int percent)
{
	return sim_below(100) < percent;
}

uint64_t sim_between(uint64_t low, uint64_t high)
{
	return low + sim_below(high - low + 1);
}

struct moment {
	uint64_t when, number;
	void (*work)(void *data);
	void *data;
};

static GTree *moments;
static uint64_t last_number;
static GHashTable *by_number;

static int compare(gconstpointer left, gconstpointer right, gpointer unused G_GNUC_UNUSED)
{
	const struct moment *a = left, *b = right;

	if (a->when != b->when)
		return a->when < b->when ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

uint64_t sim_at(uint64_t after, void (*work)(void *data), void *data)
{
	struct moment *moment = g_new0(struct moment, 1);

	if (!moments) {
		moments = g_tree_new_full(compare, NULL, g_free, NULL);
		by_number = g_hash_table_new(g_int64_hash, g_int64_equal);
	}
	*moment = (struct moment){sim_now + after, ++last_number, work, data};
	g_tree_insert(moments, moment, moment);
	g_hash_table_insert(by_number, &moment->number, moment);
	return moment->number;
}

void sim_cancel(uint64_t number)
{
	struct moment *moment = g_hash_table_lookup(by_number, &number);

	if (!moment)
		return;
	g_hash_table_remove(by_number, &moment->number);
	g_tree_remove(moments, moment);
}

struct fiber {
	char name[24];
	ucontext_t context;
	void *stack;
	void *fake; /* the sanitizer's */
	void (*run)(void *data);
	void *data;
	uint64_t wake;   /* the number of the moment that does */
	const void *key; /* what it waits for, or NULL */
	bool woken, over, survives;
	unsigned int users;
};

static ucontext_t root;
static void *root_fake;
static const void *root_bottom;
static size_t root_size;
static struct fiber *running;
static GPtrArray *fibers, *stacks;

struct fiber *fiber_self(void)
{
	return running;
}

bool fiber_is_over(const struct fiber *fiber)
{
	return fiber->over;
}

static void yield(void)
{
	struct fiber *self = running;

	running = NULL;
	SWITCHING(self->over ? NULL : &self->fake, root_bottom, root_size);
	swapcontext(&self->context, &root);
	SWITCHED(self->fake, &root_bottom, &root_size);
}

static void body(void)
{
	struct fiber *self = running;

	SWITCHED(NULL, &root_bottom, &root_size);
	self->run(self->data);
	self->over = true;
	fiber_wake_all(self);
	yield();
	abort();
}

static void resume(void *data)
{
	struct fiber *fiber = data;

	fiber->wake = 0;
	running = fiber;
	SWITCHING(&root_fake, fiber->stack, STACK);
	swapcontext(&root, &fiber->context);
	SWITCHED(root_fake, NULL, NULL);
	if (fiber->over) {
		g_ptr_array_remove(fibers, fiber);
		g_ptr_array_add(stacks, g_steal_pointer(&fiber->stack));
	}
}

static void *take_stack(void)
{
	if (stacks->len > 0)
		return g_ptr_array_steal_index_fast(stacks, stacks->len - 1);
	return mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
		    -1, 0);
}

struct fiber *fiber_start(const char *name, void (*run)(void *data), void *data, uint64_t after)
{
	struct fiber *fiber = g_new0(struct fiber, 1);

	if (!fibers) {
		fibers = g_ptr_array_new();
		stacks = g_ptr_array_new();
	}
	g_strlcpy(fiber->name, name, sizeof(fiber->name));
	fiber->run = run;
	fiber->data = data;
	/* One that hangs in virConnectOpen belongs to the library, and the process's next life
	 * looks at it: see fibers_kill(). */
	fiber->survives = strcmp(name, "libvirt-open") == 0 || strcmp(name, "person") == 0;
	fiber->stack = take_stack();
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack;
	fiber->context.uc_stack.ss_size = STACK;
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, body, 0);
	g_ptr_array_add(fibers, fiber);
	fiber->wake = sim_at(after, resume, fiber);
	return fiber;
}

void fiber_sleep(uint64_t usec)
{
	running->wake = sim_at(usec, resume, running);
	yield();
}

bool fiber_wait(const void *key, uint64_t when)
{
	struct fiber *self = running;

	self->key = key;
	self->woken = false;
	if (when != 0)
		self->wake = sim_at(when > sim_now ? when - sim_now : 0, resume, self);
	yield();
	self->key = NULL;
	return self->woken;
}

static bool wake(struct fiber *fiber, const void *key)
{
	if (fiber->key != key || fiber->woken)
		return false;
	if (fiber->wake)
		sim_cancel(fiber->wake);
	fiber->woken = true;
	fiber->wake = sim_at(sim_below(20), resume, fiber);
	return true;
}

void fiber_wake_all(const void *key)
{
	for (guint i = 0; i < fibers->len; i++)
		wake(g_ptr_array_index(fibers, i), key);
}

void fiber_wake_one(const void *key)
{
	for (guint i = 0; i < fibers->len; i++) {
		if (wake(g_ptr_array_index(fibers, i), key))
			return;
	}
}

void fibers_kill(void)
{
	for (guint i = fibers->len; i > 0; i--) {
		struct fiber *fiber = g_ptr_array_index(fibers, i - 1);

		if (fiber->survives || fiber == running)
			continue;
		if (fiber->wake)
			sim_cancel(fiber->wake);
		g_ptr_array_remove_index(fibers, i - 1);
		/* Its stack stays: what survives may point there. */
	}
}

void sim_run(uint64_t until)
{
	while (!sim_failure) {
		GTreeNode *first = moments ? g_tree_node_first(moments) : NULL;
		struct moment moment;

		if (!first || ((struct moment *)g_tree_node_key(first))->when > until)
			break;
		moment = *(struct moment *)g_tree_node_key(first);
		g_hash_table_remove(by_number, &moment.number);
		g_tree_remove(moments, g_tree_node_key(first));
		sim_now = moment.when;
		moment.work(moment.data);
		program_poll();
	}
	sim_now = MAX(sim_now, until);
}

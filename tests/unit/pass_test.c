/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <glib/gstdio.h>

#include "host.h"
#include "reconciler/pass.h"
#include "state/devices.h"
#include "state/clock.h"

/* A running guest in libvirt's test driver, which cannot attach USB devices. Its tag wants the
 * device with serial A1. */
static const char guest[] =
	"<node><domain type='test'><name>guest</name>"
	"<uuid>00000000-0000-0000-0000-000000000001</uuid><memory>1000</memory>"
	"<os><type>hvm</type></os>"
	"<metadata><u:devices xmlns:u='urn:usbreconcile:domain:1.0'>"
	"<u:device name='a' serial='A1'/></u:devices></metadata></domain></node>";

static char *path;
static struct virt *virt;
static struct history *history;
static GPtrArray *passes;

static int set_up(void **state)
{
	g_autofree char *uri = NULL;
	g_autofree char *err = NULL;

	if (host_setup(state) < 0)
		return -1;
	close(g_file_open_tmp("usbreconcile-pass-XXXXXX", &path, NULL));
	g_file_set_contents(path, guest, -1, NULL);
	uri = g_strdup_printf("test://%s", path);
	history = history_new();
	return virt_open(uri, false, &virt, &err) == VIRT_OPEN_DONE ? 0 : -1;
}

static int tear_down(void **state)
{
	g_clear_pointer(&passes, g_ptr_array_unref);
	g_clear_pointer(&history, history_free);
	g_clear_pointer(&virt, virt_free);
	g_unlink(path);
	g_clear_pointer(&path, g_free);
	return host_teardown(state);
}

static const struct pass *nth(guint i)
{
	return g_ptr_array_index(passes, i);
}

static const struct pass *settle(const GPtrArray *only)
{
	g_autofree char *err = NULL;

	assert_int_equal(pass_settle(virt, history, only, NULL, 0, &passes, &err), 0);
	assert_null(err);
	assert_true(passes->len >= 1);
	return nth(passes->len - 1);
}

static void a_reading_has_all_that_a_snapshot_has(void **state)
{
	struct host *host = *state;
	OWN(snapshot) snapshot = NULL;
	g_autofree char *err = NULL;
	uint64_t before = clock_now();

	mock_usb_plug(host->mock, &ftdi);
	assert_int_equal(pass_read(virt, &snapshot, &err), 0);
	assert_string_equal(snapshot->uri, virt_uri(virt));
	assert_non_null(snapshot->host);
	assert_true(snapshot->time > 0);
	assert_in_range(snapshot->now, before, clock_now());
	assert_int_equal(snapshot->domains->len, 1);
	assert_int_equal(snapshot->devices->len, 3); /* and two root hubs */
}

static void a_pass_with_nothing_to_do_is_the_only_one(void **state)
{
	(void)state;
	const struct pass *last = settle(NULL);

	assert_int_equal(passes->len, 1);
	assert_int_equal(last->outcomes->len, 0);
	assert_int_equal(last->plan->verdicts->len, 1);
}

static void a_look_plans_and_does_nothing(void **state)
{
	struct host *host = *state;
	OWN(pass) pass = NULL;
	g_autofree char *err = NULL;

	mock_usb_plug(host->mock, &ftdi);
	assert_int_equal(pass_look(virt, history, &pass, &err), 0);
	assert_int_equal(pass->plan->actions->len, 1);
	assert_int_equal(pass->outcomes->len, 0);
	g_autoptr(GHashTable) calls = virt_calls(virt);
	assert_null(g_hash_table_lookup(calls, "virDomainAttachDeviceFlags"));
}

static void what_is_for_another_domain_is_left_and_not_waited_for(void **state)
{
	struct host *host = *state;
	g_autoptr(GPtrArray) only = g_ptr_array_new();

	g_ptr_array_add(only, (gpointer)(guintptr) "other");
	mock_usb_plug(host->mock, &ftdi);

	const struct pass *last = settle(only);
	assert_int_equal(passes->len, 1);
	assert_int_equal(last->plan->actions->len, 1);
	assert_int_equal(last->outcomes->len, 0);
}

static void a_failure_is_tried_again_while_the_next_try_is_near(void **state)
{
	struct host *host = *state;

	mock_usb_plug(host->mock, &ftdi);

	const struct pass *last = settle(NULL);
	assert_in_range(passes->len, 3, PASS_MAX);
	assert_int_equal(nth(0)->outcomes->len, 1);

	const struct outcome *outcome = g_ptr_array_index(nth(0)->outcomes, 0);
	assert_int_equal(outcome->kind, OUTCOME_FAILED);
	assert_non_null(outcome->message);

	const struct verdict *verdict = g_ptr_array_index(last->plan->verdicts, 0);
	assert_int_equal(last->outcomes->len, 0);
	assert_int_equal(verdict->kind, VERDICT_FAILED);
	assert_true(plan_wake(last->plan) > clock_now());
}

static void note_signal(int number)
{
	(void)number;
}

static void *interrupt_soon(void *unused)
{
	sigset_t all;

	(void)unused;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	g_usleep(G_USEC_PER_SEC / 2);
	kill(getpid(), SIGINT);
	return NULL;
}

static void an_interrupt_ends_the_waiting(void **state)
{
	struct host *host = *state;
	struct sigaction action = {.sa_handler = note_signal}, before;
	gint64 start = g_get_monotonic_time();

	mock_usb_plug(host->mock, &ftdi);
	sigaction(SIGINT, &action, &before);

	GThread *interrupter = g_thread_new("interrupter", interrupt_soon, NULL);
	settle(NULL);
	g_thread_join(interrupter);
	sigaction(SIGINT, &before, NULL);
	assert_true(g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC);
}

static gint stop_touching;

static void *touch_often(void *mock)
{
	while (!g_atomic_int_get(&stop_touching)) {
		mock_usb_event(mock, "usb1", "change");
		g_usleep(G_USEC_PER_SEC / 10);
	}
	return NULL;
}

static int settle_host(gint64 patience)
{
	OWN(devices_monitor) monitor = NULL;
	g_autofree char *err = NULL;

	assert_int_equal(devices_monitor_new(&monitor, &err), 0);
	return pass_settle(virt, history, NULL, monitor, patience, &passes, &err);
}

static void a_host_that_stands_still_is_looked_at_once(void **state)
{
	gint64 start = g_get_monotonic_time();

	(void)state;
	assert_int_equal(settle_host(60 * G_USEC_PER_SEC), 0);
	assert_int_equal(passes->len, 1);
	assert_true(g_get_monotonic_time() - start >= PASS_QUIET_USEC);
}

static void a_host_that_does_not_is_given_up(void **state)
{
	struct host *host = *state;
	GThread *toucher = g_thread_new("toucher", touch_often, host->mock);
	int result = settle_host(2 * G_USEC_PER_SEC);

	g_atomic_int_set(&stop_touching, 1);
	g_thread_join(toucher);
	assert_int_equal(result, 1);
	/* Many looks, and what did nothing is not kept. */
	assert_int_equal(passes->len, 1);
}

#define in_a_house(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_house(a_reading_has_all_that_a_snapshot_has),
		in_a_house(a_pass_with_nothing_to_do_is_the_only_one),
		in_a_house(a_look_plans_and_does_nothing),
		in_a_house(what_is_for_another_domain_is_left_and_not_waited_for),
		in_a_house(a_failure_is_tried_again_while_the_next_try_is_near),
		in_a_house(an_interrupt_ends_the_waiting),
		in_a_house(a_host_that_stands_still_is_looked_at_once),
		in_a_house(a_host_that_does_not_is_given_up),
	};

	return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}

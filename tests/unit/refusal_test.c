/* SPDX-License-Identifier: MIT */

/* Who else has a device: what is refused for it, what is kept in spite of it, and what is asked
 * once more right before. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_libvirt.h"
#include "reconciler/apply.h"
#include "reconciler/core/planner.h"
#include "world.h"

static void mount(struct scene *scene)
{
	scene->device->in_use = g_strdup("/dev/sda1 is mounted on /mnt");
}

static void what_a_guest_has_past_us_is_refused_even_by_force(void **state)
{
	struct scene *scene = *state;

	device_add_guest_use(scene->device, "other", "disk /dev/sda1");
	scene_expect(scene, "", "g1/a refused in_use_by_guest 1-1\n");
	scene->tag->force = true;
	scene_expect(scene, "", "g1/a refused in_use_by_guest 1-1\n");
	g_ptr_array_set_size(scene->device->guest_uses, 0);
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void what_a_program_holds_is_refused_unless_forced(void **state)
{
	struct scene *scene = *state;

	scene->device->claimed = true;
	scene_expect(scene, "", "g1/a refused in_use_by_host 1-1\n");
	scene->tag->force = true;
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void what_a_guest_has_by_a_hostdev_its_own_qemu_holds(void **state)
{
	struct scene *scene = *state;
	struct domain *other = world_domain(scene->world, "g2", true);

	scene->device->claimed = true;
	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
	/* One that changes hands. */
	g_ptr_array_set_size(scene->domain->live, 0);
	world_hostdev(other->live, "ua-usbr-b", scene->device);
	scene_expect(scene,
		     "-live g2 ua-usbr-b 1:5 (tag_gone)\n+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
}

static void what_the_guest_has_it_keeps_though_it_is_in_use(void **state)
{
	struct scene *scene = *state;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	device_add_guest_use(scene->device, "other", "qemu:commandline usb-host,hostbus=1");
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
}

static struct memory *memory_of(struct scene *scene)
{
	return history_get(scene->history, scene->domain->uuid, "ua-usbr-a");
}

static void what_is_in_use_is_let_go_of_and_not_replugged(void **state)
{
	struct scene *scene = *state;
	struct memory *memory = memory_of(scene);

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	mount(scene);
	memory->replug = true;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (requested)\n",
		     "g1/a refused in_use_by_host 1-1\n");
	memory->replug = false;
	scene->device->driver = g_strdup("usb-storage");
	memory->suspect_since = 1;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (dead)\n", "g1/a refused in_use_by_host 1-1\n");
	memory->replugged = scene->device->incarnation;
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (dead)\n", "g1/a refused in_use_by_host 1-1\n");
}

static void what_was_let_go_of_stays_so_until_it_is_free(void **state)
{
	struct scene *scene = *state;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	mount(scene);
	memory_of(scene)->replug = true;
	assert_int_equal(world_settle(scene->world, scene->history), 1);
	scene_expect(scene, "", "g1/a refused in_use_by_host 1-1\n");
	g_clear_pointer(&scene->device->in_use, g_free);
	assert_int_equal(world_settle(scene->world, scene->history), 1);
	scene_expect(scene, "", "g1/a attached attached 1-1\n");
}

static void a_config_entry_that_nobody_would_put_back_stays_while_it_is_in_use(void **state)
{
	struct scene *scene = *state;

	world_hostdev(scene->domain->config, "ua-usbr-a", scene->device);
	mount(scene);
	scene_expect(scene, "", "g1/a refused in_use_by_host 1-1\n");
	scene->tag->persist = TAG_PERSIST_YES;
	scene_expect(scene, "-config g1 ua-usbr-a 1:5 (not_owned)\n",
		     "g1/a refused in_use_by_host 1-1\n");
}

/* What is done when the host takes the device from the LATER-th question on. */
static void apply(struct scene *scene, int later, guint acted, enum outcome_kind last)
{
	OWN(libvirt) libvirt = libvirt_new(scene->world);
	OWN(plan) plan = planner_plan(scene->world, scene->history);
	g_autoptr(GPtrArray) outcomes = NULL;
	const struct outcome *outcome;

	libvirt->used_from = later;
	outcomes = apply_plan(plan, &libvirt->hands, NULL, NULL);
	outcome = g_ptr_array_index(outcomes, outcomes->len - 1);
	assert_int_equal(libvirt->acted->len, acted);
	assert_int_equal(outcome->kind, last);
	if (last == OUTCOME_SKIPPED && outcomes->len == 1)
		assert_string_equal(outcome->message, "the device has come into use: /dev/sda1 is "
						      "mounted on /mnt");
	if (libvirt->uses_asked > 0 && later > 0)
		assert_true(libvirt->asked_claimed);
}

static void what_came_into_use_meanwhile_is_not_attached(void **state)
{
	struct scene *scene = *state;

	apply(scene, 0, 0, OUTCOME_SKIPPED);
	apply(scene, 1, 1, OUTCOME_DONE);
	/* As was planned: the host's use does not matter. */
	scene->tag->force = true;
	apply(scene, 0, 1, OUTCOME_DONE);
}

static void what_came_into_use_meanwhile_is_not_pulled_for_a_replug(void **state)
{
	struct scene *scene = *state;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	memory_of(scene)->replug = true;
	apply(scene, 0, 0, OUTCOME_SKIPPED);
	apply(scene, 1, 1, OUTCOME_SKIPPED);
	apply(scene, 2, 2, OUTCOME_DONE);
	/* What is let go of because it is in use goes. */
	mount(scene);
	apply(scene, 0, 1, OUTCOME_DONE);
}

static void a_hostdev_that_leads_elsewhere_goes_whoever_has_the_device(void **state)
{
	struct scene *scene = *state;

	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	world_move(scene->device, 6);
	apply(scene, 0, 1, OUTCOME_SKIPPED);
}

static void ignore(struct device *device, const char *value)
{
	g_hash_table_replace(device->properties, g_strdup("USBRECONCILE_IGNORE"), g_strdup(value));
}

static void what_the_hosts_own_rule_keeps_is_never_matched(void **state)
{
	struct scene *scene = *state;

	ignore(scene->device, "0");
	scene_expect(scene, "+live g1 ua-usbr-a 1:5 (not_attached)\n",
		     "g1/a pending not_attached 1-1\n");
	ignore(scene->device, "1");
	scene_expect(scene, "", "g1/a refused ignored_by_host\n");
	scene->tag->force = true;
	scene_expect(scene, "", "g1/a refused ignored_by_host\n");
	/* It is taken from the guest that had it, too. */
	world_hostdev(scene->domain->live, "ua-usbr-a", scene->device);
	scene_expect(scene, "-live g1 ua-usbr-a 1:5 (not_owned)\n",
		     "g1/a refused ignored_by_host\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(what_a_guest_has_past_us_is_refused_even_by_force),
		SCENE_TEST(what_a_program_holds_is_refused_unless_forced),
		SCENE_TEST(what_a_guest_has_by_a_hostdev_its_own_qemu_holds),
		SCENE_TEST(what_the_guest_has_it_keeps_though_it_is_in_use),
		SCENE_TEST(what_is_in_use_is_let_go_of_and_not_replugged),
		SCENE_TEST(what_was_let_go_of_stays_so_until_it_is_free),
		SCENE_TEST(a_config_entry_that_nobody_would_put_back_stays_while_it_is_in_use),
		SCENE_TEST(what_came_into_use_meanwhile_is_not_attached),
		SCENE_TEST(what_came_into_use_meanwhile_is_not_pulled_for_a_replug),
		SCENE_TEST(a_hostdev_that_leads_elsewhere_goes_whoever_has_the_device),
		SCENE_TEST(what_the_hosts_own_rule_keeps_is_never_matched),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}

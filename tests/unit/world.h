/* SPDX-License-Identifier: MIT */
#pragma once

/* Worlds for tests of the core, in the domain's own words; and a perfect libvirt that does what a
 * plan says. */

#include "state/history.h"
#include "state/plan.h"
#include "state/snapshot.h"

#define WORLD_NOW (1000 * (uint64_t)G_USEC_PER_SEC)

/* Nothing plugged in, no domains, at WORLD_NOW, the device list still for long. */
struct snapshot *world_new(void);

/* At port "1-1.6" (a USB 2 port of controller 0 for bus 1 and 2, of controller 1 for 3 and 4; an
 * even bus is the USB 3 side of the bus before). */
struct device *world_plug(struct snapshot *world, const char *sysname, unsigned int dev,
			  unsigned int vendor, unsigned int product, const char *serial);
void world_unplug(struct snapshot *world, struct device *device);

struct domain *world_domain(struct snapshot *world, const char *name, bool running);
struct tag *world_tag(struct domain *domain, const char *name, const char *serial);
void world_tag_id(struct tag *tag, unsigned int vendor, unsigned int product);

/* A hostdev for DEVICE's address and ids at the end of one of the domain's lists. */
struct hostdev *world_hostdev(GPtrArray *side, const char *alias, const struct device *device);

/* What `text` (e.g. "pci-0000:00:14.0-usb-0:1.6") a device at SYSNAME has as its port. */
char *world_port(const char *sysname);

/* Does everything in the plan, which may leave pointers of the plan dangling, and notes the
 * outcomes. Asserts what libvirt would refuse: an address or alias in use, a detach of what is not
 * there. */
void world_apply(struct snapshot *world, struct plan *plan, struct history *history);

/* When it is not NULL: makes OUTCOME a failure and returns true for what libvirt should refuse. */
extern bool (*world_refuses)(const struct action *action, struct outcome *outcome);

/* Plans, notes and applies until a plan is empty; returns how many plans had actions. Time passes
 * to the plan's wake. Fails the test after 6. */
unsigned int world_settle(struct snapshot *world, struct history *history);

/* "+live g1 ua-usbr-a 1:5 @0:3": one action. */
char *world_action(const struct action *action);

/* All actions, one a line; and all verdicts as "g1/a pending moved 1-1". New strings. */
char *world_actions(const struct plan *plan);
char *world_verdicts(const struct plan *plan);

/* Plans, and compares with what world_actions() and world_verdicts() should say. */
void world_expect(const struct snapshot *world, const struct history *history, const char *actions,
		  const char *verdicts);

/* Another enumeration, under the number DEV. */
void world_move(struct device *device, unsigned int dev);

/* What most tests begin with: a stick at 1-1 (0403:6001, AAA, 1:5), and a guest g1 that runs and
 * has the tag "a" for it; nothing is attached yet. SCENE_TEST's *state is a struct scene *. */
struct scene {
	struct snapshot *world;
	struct history *history;
	struct domain *domain;
	struct tag *tag;
	struct device *device;
};

int scene_setup(void **state);
int scene_teardown(void **state);
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

/* The guest has no tag. */
void scene_untag(struct scene *scene);

/* world_expect() and world_settle() for it. */
void scene_expect(const struct scene *scene, const char *actions, const char *verdicts);
unsigned int scene_settle(struct scene *scene);

/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A whole host from a seed: its clock, its threads, its USB devices and udev, libvirt and QEMU.
 * The real daemon runs in it, unchanged, down to the libraries: libvirt, libudev, GLib's threads
 * and clocks are replaced where the program is linked. Nothing here waits in real time, and two
 * runs of one seed are the same to the last step.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS   ((uint64_t)1000)
#define SEC  ((uint64_t)1000000)
#define HOUR (3600 * SEC)

/* ---- time and what runs in it (sched.c) ---- */

extern uint64_t sim_now; /* microseconds since this host's boot */

/* From the seed: of two calls with one state the same. */
uint64_t sim_random(void);
uint64_t sim_below(uint64_t limit);
bool sim_chance(unsigned int percent);
uint64_t sim_between(uint64_t low, uint64_t high);
void sim_seed(uint64_t seed);

/* WORK happens AFTER from now, not on any fiber; the number can take it back. */
uint64_t sim_at(uint64_t after, void (*work)(void *data), void *data);
void sim_cancel(uint64_t number);

/* A fiber is what a thread is to the program: it runs until it waits. */
struct fiber;
struct fiber *fiber_start(const char *name, void (*run)(void *data), void *data, uint64_t after);
struct fiber *fiber_self(void); /* NULL: on none */
bool fiber_is_over(const struct fiber *fiber);
void fiber_sleep(uint64_t usec);
/* Until fiber_wake_all(KEY) or WHEN (sim_now; 0: never). True: it was woken. */
bool fiber_wait(const void *key, uint64_t when);
void fiber_wake_all(const void *key);
void fiber_wake_one(const void *key);
/* As kill -9 does: what they hold stays as it is. */
void fibers_kill(void);

/* Runs the world until then, or until the verdict is in. */
void sim_run(uint64_t until);

/* ---- what went wrong, and what happened (trace.c) ---- */

extern bool sim_tracing;
extern char *sim_failure; /* the first thing that must not be, or NULL */
void trace(const char *who, const char *format, ...) G_GNUC_PRINTF(2, 3);
void fail(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* ---- the program's side of GLib and the C library (glib.c) ---- */

bool program_runs(void);
void program_start(void);
void program_kill(void);
void program_spare(int fd, bool spare); /* it is not the program's */
void program_signal(int number);
void program_poll(void); /* after something happened: lets its loop see it */
uint64_t program_turns(void);
uint64_t program_since(void); /* when it started */
const char *program_directory(void);
/* What systemd says to who asks whether the whole host goes down. */
void program_host_stops(bool stops);
bool program_host_is_stopping(void);
/* Kills it in its so manieth call to libvirt, before or after that has happened. */
void program_kill_in_call(unsigned int number, bool after);
void program_calls(bool after);

/* ---- files (vfs.c) ---- */

void vfs_clear(void);
void vfs_write(const char *path, const char *text);
void vfs_link(const char *path, const char *target);
void vfs_remove(const char *path); /* and what is below */
const char *vfs_read(const char *path);
const char *vfs_target(const char *path);
void vfs_close(int fd);
bool vfs_exists(const char *path);
GPtrArray *vfs_list(const char *path); /* char *, sorted */

/* ---- the host (host.c, udev.c) ---- */

enum host_use { USE_NONE, USE_MOUNT, USE_SWAP };

/* A thing that somebody can hold in the hand. */
struct gadget {
	const char *name;
	uint16_t vendor, product;
	const char *serial, *product_name;
	const char *driver; /* that the host has for it, or NULL */
	bool disk, super, hub;
	int socket;   /* where it is plugged in, -1 nowhere */
	bool known;   /* udev is done with it */
	bool claimed; /* by a guest */
	unsigned int bus, dev;
	uint64_t incarnation; /* 0: not plugged in */
	uint64_t since;       /* plugged in, unplugged, or otherwise another one */
	enum host_use use;
	uint64_t use_since;
	char *syspath, *sysname;
};

struct socket {
	const char *controller; /* "0000:00:14.0" */
	unsigned int bus;       /* of the USB 2 root hub; the USB 3 one's is the next */
	const char *chain;      /* "5.1" */
	int hub;                /* the gadget that it is part of, -1: the host */
	int gadget;             /* -1 empty */
	bool super;             /* its USB 3 half alone */
};

extern struct gadget host_gadgets[];
extern struct socket host_sockets[];
extern unsigned int host_gadget_count, host_socket_count;

void host_boot(void);
void host_plug(unsigned int gadget, unsigned int socket, bool same_number);
void host_unplug(unsigned int gadget);
void host_use(unsigned int gadget, enum host_use use);
void host_flood(void); /* udev's queue overflows */
/* The host's driver lets go of it, or comes back. */
void host_claim(struct gadget *gadget, bool by_guest);
struct gadget *host_at(unsigned int bus, unsigned int dev);
const char *host_port(const struct gadget *gadget); /* its ID_PATH; overwritten by the next call */
void udev_says(const char *action, const char *syspath, const char *devtype);
void udev_reset(void);

/* ---- libvirt and QEMU (guest.c, attach.c, calls.c, dump.c) ---- */

enum libvirt_version { LIBVIRT_9_0, LIBVIRT_11_3, LIBVIRT_12_8 };
extern enum libvirt_version libvirt_version;

/* A tag as a person wrote it. */
struct wish {
	char name[16];
	uint16_t vendor, product; /* 0: not asked */
	const char *serial;       /* or NULL */
	int socket;               /* -1: not asked */
	bool third;               /* … the USB 3 half of it alone */
	bool group, disabled, force, required, invalid;
	int persist; /* -1 no, 0 absent, 1 yes */
	const char *guest_port;
};
#define WISHES_MAX 6

struct wishes {
	struct wish list[WISHES_MAX];
	unsigned int count;
	uint64_t since;
};

struct entry { /* a <hostdev> */
	char *alias;
	uint16_t vendor, product;
	unsigned int bus, dev; /* 0: not given */
	char *policy, *guest_port;
	bool missing;
	bool foreign;       /* a person wrote it */
	uint64_t open;      /* live: the incarnation that QEMU has, 0 none */
	uint64_t closed;    /* when QEMU let go of it last */
	uint64_t releasing; /* live: QEMU has let go, and libvirt hears of it then */
};

struct guest {
	char *name, *uuid;
	int id; /* -1: off */
	bool persistent, paused, saved, defined;
	GPtrArray *live, *config, *image; /* struct entry * */
	struct wishes wishes, live_wishes, image_wishes, snapshot_wishes;
	GPtrArray *snapshot; /* what a snapshot has, or NULL */
	GHashTable *ids;     /* device ids that QEMU has without libvirt's knowledge */
	bool snapshot_runs;
	bool broken;        /* its XML cannot be dumped */
	bool holds_job;     /* somebody's job, */
	uint64_t job_since; /* that long */
	/* … which takes it to another host, brings it from one, or is its own start */
	bool leaving, arriving, starting;
	bool starts_at_boot;
	uint64_t job_until; /* until when somebody else's job held it last */
	uint64_t changed;   /* when anything that a person did to it happened */
};

extern GPtrArray *guests; /* struct guest * */
extern bool libvirt_is_up, libvirt_hangs;
extern unsigned int libvirt_chaos; /* percent of calls that fail for no reason */
extern uint64_t libvirt_acts, libvirt_calls_made;
extern uint64_t libvirt_last_act;

void libvirt_boot(enum libvirt_version version);
struct guest *guest_new(const char *name);
struct guest *guest_find(const char *uuid);
bool guest_start(struct guest *guest, int detail);
void guest_stop(struct guest *guest, int detail);
void guest_save(struct guest *guest);
void guest_snapshot(struct guest *guest);
void guest_revert(struct guest *guest);
void guest_undefine(struct guest *guest);
void guest_edited(struct guest *guest, bool with_virsh_edit);
bool guest_take(struct guest *guest, const GPtrArray *entries);
void guest_give_back(struct guest *guest);
void guest_let_go(struct guest *guest);
void guest_number(struct guest *guest);
void guest_lose(struct guest *guest);
void libvirt_restart(void);
void libvirt_start_anew(void);
void libvirt_stop(void);
void libvirt_break(void); /* the connection alone */

struct entry *dev_new(const char *alias);
struct entry *dev_copy(const struct entry *entry);
void dev_free(void *entry);
struct entry *dev_find(const GPtrArray *side, const char *alias);
struct entry *dev_read(const char *xml);
bool dev_means(const struct entry *entry, const struct gadget *gadget);
void dev_close(struct entry *entry);
void dev_open(struct entry *entry, struct gadget *gadget);
/* libvirt's own list of who uses what; it can be wrong, as libvirt's is. */
struct guest *in_use_by(unsigned int bus, unsigned int dev);
void in_use_set(unsigned int bus, unsigned int dev, struct guest *guest);

char *dump_guest(const struct guest *guest, bool live);
char *dump_image(const struct guest *guest);
char *dump_wishes(const struct wishes *wishes);
/* What SetMetadata was given; false: more than there is room for. */
bool read_wishes(const char *xml, struct wishes *ret_wishes);
/* A command ("usbreconcile", verb, guest, tag) made AFTER of BEFORE. */
void check_tags(const struct guest *guest, const struct wishes *before, const struct wishes *after,
		const char *const *command);

/* From libvirt to whoever listens. */
enum { ID_LIFECYCLE = 0, ID_REMOVED = 15, ID_ADDED = 19, ID_REMOVAL_FAILED = 22, ID_METADATA = 23 };
void libvirt_tell_lifecycle(struct guest *guest, int event, int detail);
void libvirt_tell_device(struct guest *guest, int id, const char *alias);
void libvirt_tell_metadata(struct guest *guest);
void libvirt_close_all(int reason);

/* One refusal: the code, and -1. */
int refuse(int code, const char *format, ...) G_GNUC_PRINTF(2, 3);
int guest_attach(struct guest *guest, const char *xml, bool live);
int guest_detach_alias(struct guest *guest, const char *alias, bool live);
int guest_detach_xml(struct guest *guest, const char *xml, bool live);

/* ---- what must be (oracle.c, check.c) ---- */

extern uint64_t check_trouble_until;
void check_always(void);
bool wish_matches(const struct wish *wish, const struct gadget *gadget);
void check_attach(const struct guest *guest, const struct entry *entry, bool live);
void check_detach(const struct guest *guest, const struct entry *entry, bool live);
void check_calls(unsigned int under_way);
void check_rest(void);
/* Around an orderly shutdown of the host: before, when the daemon should have ended, and when a
 * guest did not start at the next boot. */
void check_before_leaving(void);
void check_left(void);
void check_start(const struct guest *guest);
/* Tags are about to be written to GUEST's config. */
void program_wrote_tags(const struct guest *guest, const struct wishes *before,
			const struct wishes *after);
void check_reset(void);

/* ---- what happens (people.c) ---- */

struct happening {
	uint64_t at;
	unsigned int kind;
	uint64_t random;
};
GArray *people_plan(uint64_t seed, unsigned int intensity, uint64_t length);
void people_do(const struct happening *happening);
void people_calm(void); /* ends what would go on: hangs, floods, chaos */
void people_begin(uint64_t seed);

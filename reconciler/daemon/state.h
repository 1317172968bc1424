/* SPDX-License-Identifier: MIT */
#pragma once

/* What the parts of the daemon share: included in this wing and by its tests only. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "reconciler/daemon/deadline.h"
#include "reconciler/pass.h"
#include "reconciler/daemon/known_domains.h"
#include "reconciler/libvirt/virt_events.h"
#include "reconciler/daemon/worker.h"
#include "state/devices_monitor.h"
#include "state/history.h"
#include "state/report.h"

struct daemon_options {
	const char *uri;     /* NULL: as virt_open() */
	unsigned int resync; /* seconds */
	bool verbose;        /* says at the end, and of each connection, what calls were made */
};

/* As many calls as a connection lets through at once (virt_connection.h). So four guests that hang
 * at once delay the others, and fewer do not. */
#define DAEMON_THREADS 4

/*
 * How long reading may take before the watchdog is no longer fed: a dump waits 30 s at most behind
 * another job of its domain (all versions), twice a domain, four domains at a time, so this is 20
 * hung guests. What acts on a guest has no bound: it hangs as long as that guest does, and holds up
 * others only when every thread is held, which makes the readings late.
 */
#define READING_BOUND (300 * G_USEC_PER_SEC)
/* virt_open() gives up after 10 s, and a connection that hangs breaks after 15. */
#define CONNECTING_BOUND (60 * G_USEC_PER_SEC)

/* A connection and everything that still uses it; the last of them closes it. */
struct link {
	struct virt *virt;
};

struct daemon {
	struct daemon_options options;
	GMainContext *loop;
	struct worker *worker; /* libvirt */
	struct server *server; /* the sockets, NULL: none (serve.c) */
	struct deadline *alarm;
	struct devices_monitor *monitor;
	struct history *history;
	struct known_domains *known_domains;

	struct link *link; /* NULL: not connected */
	bool connecting;
	bool listing;          /* a full reading is under way */
	uint64_t listings,     /* how many were begun, */
		listings_over; /* … and the last of them that was learned */
	bool listed;           /* there has been one over this connection */
	bool list_again;       /* … and something asked for another meanwhile */
	bool asks_busy;        /* a domain that was busy is read again */
	unsigned int connect_failures;
	unsigned int
		generation; /* of the connection, or of the attempt at one: older news are void */
	char *uri;          /* as libvirt spells it, once connected */
	char *said;         /* to the service manager, of its state */

	GPtrArray *devices;  /* struct device *: shared with every snapshot made from it */
	GPtrArray *planned;  /* those of the last pass */
	GPtrArray *changes;  /* struct change *, as the snapshot's; NULL before the first look */
	bool devices_dirty;  /* all of them must be read again, */
	bool events_lost;    /* … as udev's events have not told all */
	GHashTable *changed; /* or those that udev has named since (char *, a set), */
	GHashTable *bound;   /* and later these */
	GHashTable *unheard; /* those that a listing found otherwise than known, and no event has
			      * told of yet */
	GHashTable *awaited; /* those that a tag waits for somebody to let go of */

	bool wanted;          /* a pass, */
	enum trigger trigger; /* and what asked first */
	bool everything;      /* … and it is about all domains */
	bool stopping;
	bool leaving; /* … because the whole host goes down */
	bool ready;   /* the first pass is over */
	bool late;    /* it was said that the watchdog is no longer fed */
	/* Times as clock_now(), 0 never. */
	uint64_t due_connect, due_resync, due_wake, due_ready, due_watchdog, due_stop,
		due_busy, /* a domain that something else held may be free by then */
		/* of the devices (known_devices.c): */
		due_look, due_mounts, due_unheard, due_release;
	double allowance; /* passes that may start at once: a storm must not be followed step by
			     step */
	uint64_t allowance_at; /* when that was so */

	struct report report; /* but for `connected`, and the calls of this connection */
	GList *requests;      /* struct request *: commands that wait for passes (request.c) */
	GBytes *document;     /* NULL: something has changed since it was rendered (document.c) */
	uint64_t document_at;
	struct watched *watched; /* by those who watch (document.c); NULL: nobody does */
};

/* What it knows before anything has happened: nothing. */
void daemon_init(struct daemon *daemon);
void daemon_clear(struct daemon *daemon);
/* Gives memory that was needed for a moment only back to the kernel: a plan for 1,000 domains, or a
 * document of them, takes several times what is kept. */
void daemon_give_back(void);
/* Something that `status` shows is not so any more. */
void daemon_changed(struct daemon *daemon);
void daemon_want(struct daemon *daemon, enum trigger trigger);

/* SPDX-License-Identifier: MIT */

#include "reconciler/daemon/link.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "reconciler/core/arrival.h"
#include "reconciler/core/remember.h"
#include "reconciler/show/log.h"
#include "reconciler/show/say.h"
#include "state/clock.h"

/* Where the hook is when it is enabled as the manual says. */
#define HOOK "/etc/libvirt/hooks/qemu.d/usbreconcile"

#define FIRST_RETRY   (G_USEC_PER_SEC / 5)
#define LONGEST_RETRY (10 * G_USEC_PER_SEC)
/* How often a domain that something else keeps busy is asked: nothing tells when that is over. */
#define BUSY_LOOK (2 * G_USEC_PER_SEC)
/* The readings that make sure take no more than one part in so many of the time. */
#define RESYNC_SHARE 200

static void link_clear(gpointer data)
{
	struct link *link = data;

	virt_free(link->virt);
}

struct link *link_ref(struct link *link)
{
	return g_atomic_rc_box_acquire(link);
}

void link_unref(struct link *link)
{
	g_atomic_rc_box_release_full(link, link_clear);
}

/* One connection's events on their way from libvirt's thread to the loop. */
struct line {
	struct daemon *daemon;
	unsigned int generation;
};

struct news {
	struct daemon *daemon;
	unsigned int generation;
	struct virt_event *event;
};

static gboolean hear(gpointer data)
{
	struct news *news = data;
	struct daemon *daemon = news->daemon;

	if (news->generation != daemon->generation)
		; /* from an older connection */
	else if (news->event->kind == VIRT_EVENT_CLOSED)
		link_lost(daemon, "libvirt has closed the connection");
	else if (known_domain_hear(known_domains_get(daemon->known_domains, news->event->uuid),
				   news->event, clock_now()))
		daemon_want(daemon, TRIGGER_LIBVIRT);
	virt_event_free(news->event);
	g_free(news);
	return G_SOURCE_REMOVE;
}

static void pass_on(struct virt_event *event, void *data)
{
	const struct line *line = data;
	struct news *news = g_new0(struct news, 1);
	GSource *source = g_idle_source_new();

	news->daemon = line->daemon;
	news->generation = line->generation;
	news->event = event;
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, hear, news, NULL);
	g_source_attach(source, line->daemon->loop);
	g_source_unref(source);
}

struct connecting {
	struct daemon *daemon;
	unsigned int generation;
	enum virt_open_reply reply;
	struct virt *virt; /* NULL: failed */
	char *err;
};

static void connect_work(void *data)
{
	struct connecting *connecting = data;
	struct line *line;

	connecting->reply = virt_open(connecting->daemon->options.uri, false, &connecting->virt,
				      &connecting->err);
	if (connecting->reply != VIRT_OPEN_DONE)
		return;
	line = g_new0(struct line, 1);
	line->daemon = connecting->daemon;
	line->generation = connecting->generation;
	if (virt_subscribe(connecting->virt, pass_on, line, g_free, &connecting->err) < 0)
		g_clear_pointer(&connecting->virt, virt_free);
}

/* HINT: what to do about it, or NULL. */
static void note_failed_connect(struct daemon *daemon, const char *why, const char *hint)
{
	uint64_t wait = FIRST_RETRY;

	/* Once: the next hundred attempts have nothing new to say. */
	if (daemon->connect_failures == 0)
		log_event(LOG_NOT_CONNECTED, NULL, "%s; trying again%s%s", why, hint ? "; " : "",
			  hint ? hint : "");
	for (unsigned int i = 0; i < daemon->connect_failures && wait < LONGEST_RETRY; i++)
		wait *= 2;
	daemon->connect_failures++;
	/* Jitter: what the clock's last bits happen to be. */
	wait = MIN(wait, (uint64_t)LONGEST_RETRY);
	daemon->due_connect = clock_now() + wait - (wait / 4) * (clock_now() % 1024) / 1024;
}

static void connect_done(void *data)
{
	struct connecting *connecting = data;
	struct daemon *daemon = connecting->daemon;

	daemon->connecting = false;
	if (!connecting->virt) {
		note_failed_connect(daemon, connecting->err,
				    virt_open_hint(daemon->options.uri, connecting->reply));
	} else if (connecting->generation != daemon->generation) {
		virt_free(connecting->virt);
		note_failed_connect(daemon, "libvirt closed the connection at once", NULL);
	} else {
		daemon->link = g_atomic_rc_box_new0(struct link);
		daemon->link->virt = connecting->virt;
		g_free(daemon->uri);
		daemon->uri = g_strdup(virt_uri(connecting->virt));
		arrival_forget_all(daemon->history);
		daemon_changed(daemon);
		log_event(LOG_CONNECTED, NULL, "connected to %s", daemon->uri);
		link_resync(daemon);
	}
	daemon_want(daemon, TRIGGER_START);
	g_free(connecting->err);
	g_free(connecting);
}

void link_start(struct daemon *daemon)
{
	struct connecting *connecting;

	if (daemon->link || daemon->connecting || daemon->stopping)
		return;
	connecting = g_new0(struct connecting, 1);
	connecting->daemon = daemon;
	connecting->generation = ++daemon->generation;
	daemon->connecting = true;
	daemon->due_connect = 0;
	worker_start(daemon->worker,
		     (struct worker_job){connect_work, connect_done, connecting, CONNECTING_BOUND});
}

void link_tell_calls(struct daemon *daemon)
{
	g_autofree char *text = virt_describe_calls(daemon->link->virt);

	daemon->report.libvirt_calls += virt_count_calls(daemon->link->virt);
	if (daemon->options.verbose)
		say_error("%s", text);
}

void link_lost(struct daemon *daemon, const char *why)
{
	daemon->generation++;
	if (!daemon->link)
		return;
	link_tell_calls(daemon);
	link_unref(g_steal_pointer(&daemon->link));
	daemon->listed = false;
	daemon->list_again = false;
	daemon->report.reconnects++;
	daemon_changed(daemon);
	note_failed_connect(daemon, why, NULL);
}

/* After a start, restore or revert: what is remembered of the old QEMU is forgotten, and after a
 * restore or revert every attached device is marked for a replug. This needs to know the hostdevs
 * that the domain has now, so it waits until the domain has been read. */
static void follow_up(struct daemon *daemon, struct known_domain *known)
{
	const struct domain *domain = known->domain;

	/* Not while a reading is outstanding: its answer may be from before the start. */
	if (!known_domain_is_known(known))
		return;
	if (known->restarted)
		remember_start(daemon->history, domain);
	known->restarted = false;
	if (known->revived)
		remember_revival(daemon->history, domain);
	known->revived = false;
	if (known->arrived)
		arrival_note(daemon->history, domain, daemon->devices, g_access(HOOK, F_OK) == 0);
	known->arrived = false;
}

/* What a busy domain could not say is asked again. One on its way from host to host has events that
 * tell. */
static void note_busy(struct daemon *daemon, struct known_domain *known)
{
	known->again = 0;
	if (known_domain_is_held(known))
		known->again = clock_now() + BUSY_LOOK;
	deadline_sooner(&daemon->due_busy, known->again);
}

static void follow_up_all(struct daemon *daemon)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, daemon->known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		follow_up(daemon, data);
		note_busy(daemon, data);
	}
}

struct listing {
	struct daemon *daemon;
	struct link *link;
	uint64_t number;
	uint64_t begun;     /* as known_domains_begin() */
	uint64_t started;   /* as clock_now() */
	GHashTable *spared; /* as virt_read_domains() */
	GPtrArray *problems;
	GPtrArray *domains; /* NULL: failed */
	char *err;
};

static void list_work(void *data)
{
	struct listing *listing = data;

	if (virt_read_domains(listing->link->virt, listing->spared, listing->problems,
			      &listing->domains, &listing->err) < 0)
		listing->domains = NULL;
}

/* The next one makes sure, no more: it must not weigh. Who waited for a guest that hangs did not
 * weigh, and that guest is to be asked again. */
static void plan_next(struct daemon *daemon, const struct listing *listing)
{
	uint64_t wait = daemon->options.resync * (uint64_t)G_USEC_PER_SEC;
	uint64_t took = clock_now() - listing->started;

	if (known_domains_were_read(listing->domains))
		wait = MAX(wait, RESYNC_SHARE * took);
	daemon->due_resync = listing->started + wait;
}

static void list_done(void *data)
{
	struct listing *listing = data;
	struct daemon *daemon = listing->daemon;

	daemon->listing = false;
	if (listing->link != daemon->link) {
		/* The answer came through an older connection. The present one makes a listing of
		 * its own. */
		if (daemon->link)
			link_resync(daemon);
	} else if (!listing->domains) {
		link_lost(daemon, listing->err);
	} else {
		known_domains_learn_all(daemon->known_domains, listing->begun, listing->domains,
					listing->problems);
		follow_up_all(daemon);
		daemon->listed = true;
		plan_next(daemon, listing);
		daemon->listings_over = listing->number;
		/* Only a listing that succeeded ends the back-off: a libvirt that accepts
		 * connections and breaks at the first question would else be asked without a pause.
		 */
		daemon->connect_failures = 0;
		if (daemon->list_again)
			link_resync(daemon);
	}
	daemon_want(daemon, TRIGGER_RESYNC);
	if (listing->domains)
		g_ptr_array_unref(listing->domains);
	g_ptr_array_unref(listing->problems);
	g_clear_pointer(&listing->spared, g_hash_table_unref);
	link_unref(listing->link);
	g_free(listing->err);
	g_free(listing);
}

static void list(struct daemon *daemon, bool all)
{
	struct listing *listing = g_new0(struct listing, 1);
	listing->daemon = daemon;
	listing->link = link_ref(daemon->link);
	listing->number = ++daemon->listings;
	listing->started = clock_now();
	if (!all)
		listing->spared = known_domains_spared(daemon->known_domains, daemon->listings);
	listing->begun = known_domains_begin(daemon->known_domains);
	listing->problems = problem_list_new();
	daemon->listing = true;
	daemon->devices_dirty = true;
	daemon->due_resync = 0;
	worker_start(daemon->worker,
		     (struct worker_job){list_work, list_done, listing, READING_BOUND});
}

void link_resync(struct daemon *daemon)
{
	if (!daemon->link)
		return;
	daemon->list_again = daemon->listing;
	if (!daemon->listing)
		list(daemon, true);
}

void link_make_sure(struct daemon *daemon)
{
	if (daemon->link && !daemon->listing)
		list(daemon, false);
}

struct rereading {
	struct daemon *daemon;
	struct link *link;
	char *uuid;
	unsigned int sides;
	bool again;         /* whether what kept it busy is over (link_ask_busy()) */
	struct domain *old; /* or NULL */
	GPtrArray *problems;
	struct domain *domain;
	int result; /* as virt_read_domain() */
	char *err;
};

static void read_work(void *data)
{
	struct rereading *rereading = data;

	rereading->result = virt_read_domain(rereading->link->virt, rereading->uuid,
					     rereading->sides, rereading->old, rereading->problems,
					     &rereading->domain, &rereading->err);
}

/* It could not be read, and still cannot be. */
static bool is_no_news(const struct domain *domain, const struct known_domain *known)
{
	return domain->unreadable && known->domain &&
	       g_strcmp0(domain->unreadable, known->domain->unreadable) == 0 &&
	       domain->migrating == known->domain->migrating;
}

/* False: there was nothing new. */
static bool learn(struct daemon *daemon, struct rereading *rereading, struct known_domain *known)
{
	if (is_no_news(rereading->domain, known))
		return false;
	if (rereading->sides == VIRT_LIVE && !rereading->domain->unreadable) {
		/* Only the live side was read; the problems are about the tags, which are on the
		 * other side, and stay as they were. */
		g_ptr_array_unref(rereading->problems);
		rereading->problems = g_ptr_array_ref(known->problems);
	}
	known_domains_learn(daemon->known_domains, known, g_steal_pointer(&rereading->domain),
			    g_ptr_array_ref(rereading->problems));
	follow_up(daemon, known);
	return true;
}

/* False: it was asked once more, and is as it was. */
static bool take(struct daemon *daemon, struct rereading *rereading, struct known_domain *known)
{
	bool news = true;

	known->busy = false;
	/* A reading through an older connection may be older than what is known. */
	if (rereading->result < 0 || rereading->link != daemon->link) {
		known->dirty = VIRT_ALL;
	} else if (rereading->result == 0) {
		news = learn(daemon, rereading, known) || !rereading->again || known->dirty;
		note_busy(daemon, known);
	} else if (known->dirty) { /* it is gone, but something has happened since */
		known->dirty = VIRT_ALL;
	} else {
		known_domains_forget(daemon->known_domains, rereading->uuid);
	}
	return news;
}

static void read_done(void *data)
{
	struct rereading *rereading = data;
	struct daemon *daemon = rereading->daemon;
	struct known_domain *known = known_domains_find(daemon->known_domains, rereading->uuid);

	if (!known || take(daemon, rereading, known))
		daemon_want(daemon, TRIGGER_DONE);
	if (rereading->result < 0 && rereading->link == daemon->link)
		link_lost(daemon, rereading->err);
	if (rereading->again) {
		daemon->asks_busy = false;
		link_ask_busy(daemon);
	}
	domain_unref(rereading->old);
	domain_unref(rereading->domain);
	g_ptr_array_unref(rereading->problems);
	link_unref(rereading->link);
	g_free(rereading->uuid);
	g_free(rereading->err);
	g_free(rereading);
}

static void start_reading(struct daemon *daemon, struct known_domain *known, bool again)
{
	struct rereading *rereading = g_new0(struct rereading, 1);

	rereading->daemon = daemon;
	rereading->again = again;
	rereading->link = link_ref(daemon->link);
	rereading->uuid = g_strdup(known->uuid);
	rereading->sides = known->domain ? known->dirty : (unsigned int)VIRT_ALL;
	rereading->old = known->domain ? domain_ref(known->domain) : NULL;
	rereading->problems = problem_list_new();
	known->dirty = 0;
	known->busy = true;
	worker_start(daemon->worker,
		     (struct worker_job){read_work, read_done, rereading, READING_BOUND});
}

bool link_read_dirty(struct daemon *daemon)
{
	bool any = false;
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, daemon->known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct known_domain *known = data;

		if (known->dirty && !known->busy) {
			start_reading(daemon, known, false);
			any = true;
		}
	}
	return any;
}

/* The one that is to be asked next, NULL: none is busy. */
static struct known_domain *first_busy(const struct daemon *daemon)
{
	struct known_domain *first = NULL;
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, daemon->known_domains->by_uuid);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		struct known_domain *known = data;

		if (known->again != 0 && !known->busy && !known->dirty &&
		    (!first || known->again < first->again))
			first = known;
	}
	return first;
}

void link_ask_busy(struct daemon *daemon)
{
	struct known_domain *known = first_busy(daemon);

	/* One after the other: should one of them hang in a way that is not told beforehand, the
	 * reading waits 30 s for it. */
	if (!daemon->link || daemon->stopping || daemon->asks_busy || !known)
		return;
	if (known->again > clock_now()) {
		deadline_sooner(&daemon->due_busy, known->again);
		return;
	}
	daemon->asks_busy = true;
	known->dirty = VIRT_ALL;
	start_reading(daemon, known, true);
}

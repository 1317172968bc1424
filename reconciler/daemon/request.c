/* SPDX-License-Identifier: MIT */

#include "reconciler/daemon/request.h"

#include <string.h>
#include <sysexits.h>

#include "reconciler/core/remember.h"
#include "reconciler/daemon/known_devices.h"
#include "reconciler/daemon/link.h"
#include "reconciler/daemon/look.h"
#include "reconciler/result.h"
#include "reconciler/show/show.h"
#include "reconciler/show/words.h"
#include "reconciler/system/wire.h"
#include "state/clock.h"
#include "state/json.h"

/* A guest that hangs is not waited for longer: what became of the others is an answer. Who asks
 * waits a little longer than that (wire.h). */
#define ANSWER_PATIENCE (45 * G_USEC_PER_SEC)
/* For a full reading, by who asks about all domains: one that is not read by then hangs, or a job
 * holds it. The others are known from events, and need not wait for it. */
#define LISTING_PATIENCE (4 * G_USEC_PER_SEC)
/* For libvirt to be there. */
#define LINK_PATIENCE (10 * G_USEC_PER_SEC)
/* For the other side to take its answer. */
#define WRITE_PATIENCE (10 * G_USEC_PER_SEC)

enum stage {
	STAGE_WAITING, /* for another one of the same command */
	STAGE_READING, /* what it is about */
	STAGE_ACTING,
};

struct request {
	char **arguments;
	bool json;
	bool replug;
	char **names;     /* its DOMAINs, in `arguments`; empty: all */
	guint count;      /* of them */
	char **tags;      /* of a replug, in `arguments`; empty: all */
	GPtrArray *talks; /* struct talk *: who has asked */
	enum stage stage;
	uint64_t begun;
	uint64_t listing;  /* the full reading it waits for, 0: none */
	bool overtaken;    /* … and does not wait for any more */
	GPtrArray *uuids;  /* char *: of the domains that are known by those names */
	GPtrArray *passes; /* struct pass *: what has been done since it began */
};

static void request_free(struct request *request)
{
	g_strfreev(request->arguments);
	g_ptr_array_unref(request->talks);
	g_ptr_array_unref(request->uuids);
	g_ptr_array_unref(request->passes);
	g_free(request);
}

/* "run [--json] [--] [DOMAIN]..." or "replug [--json] [--] DOMAIN [NAME]..."; NULL: neither. */
static struct request *request_new(char **arguments)
{
	char **rest = arguments + 1;
	bool replug = strcmp(arguments[0], "replug") == 0;
	struct request *request;

	if (!replug && strcmp(arguments[0], "run") != 0)
		return NULL;
	request = g_new0(struct request, 1);
	request->replug = replug;
	for (; *rest && g_str_has_prefix(*rest, "--"); rest++) {
		request->json = request->json || strcmp(*rest, "--json") == 0;
		if (strcmp(*rest, "--") == 0) {
			rest++;
			break;
		}
	}
	request->names = rest;
	request->count = replug ? MIN(1, g_strv_length(rest)) : g_strv_length(rest);
	request->tags = rest + request->count;
	request->arguments = arguments;
	request->talks = g_ptr_array_new();
	request->uuids = g_ptr_array_new_with_free_func(g_free);
	request->passes = g_ptr_array_new_with_free_func(pass_drop);
	if (!replug || request->count == 1)
		return request;
	request->arguments = NULL;
	request_free(request);
	return NULL;
}

static void answer_talk(struct talk *talk, int status, const char *text)
{
	char *answer = wire_format_answer(status, text);
	g_autoptr(GBytes) bytes = g_bytes_new_take(answer, strlen(answer));

	talk_set_due(talk, clock_now() + WRITE_PATIENCE);
	talk_write(talk, bytes);
	talk_end(talk);
}

static void answer(struct daemon *daemon, struct request *request, int status, const char *text)
{
	for (guint i = 0; i < request->talks->len; i++)
		answer_talk(g_ptr_array_index(request->talks, i), status, text);
	daemon->requests = g_list_remove(daemon->requests, request);
	request_free(request);
}

/* Is another one of the same command before it? */
static struct request *find_same(const struct daemon *daemon, const struct request *request,
				 bool waiting)
{
	for (const GList *at = daemon->requests; at && at->data != request; at = at->next) {
		struct request *other = at->data;

		if ((!waiting || other->stage == STAGE_WAITING) &&
		    g_strv_equal((const char *const *)other->arguments,
				 (const char *const *)request->arguments))
			return other;
	}
	return NULL;
}

/* Finds the domains again, which come and go. False: one is not known. */
static bool find_domains(const struct daemon *daemon, struct request *request)
{
	g_ptr_array_set_size(request->uuids, 0);
	for (guint i = 0; i < request->count; i++) {
		const struct known_domain *known =
			known_domains_named(daemon->known_domains, request->names[i]);

		if (!known)
			return false;
		g_ptr_array_add(request->uuids, g_strdup(known->uuid));
	}
	return true;
}

static struct known_domain *domain_number(const struct daemon *daemon,
					  const struct request *request, guint number)
{
	return known_domains_find(daemon->known_domains, g_ptr_array_index(request->uuids, number));
}

/* From here on: what it is about is read again, all domains or those it names. */
static void begin(struct daemon *daemon, struct request *request)
{
	request->stage = STAGE_READING;
	request->begun = clock_now();
	if (request->count == 0 || !find_domains(daemon, request)) {
		request->listing = daemon->listings + 1;
		link_resync(daemon);
	}
	for (guint i = 0; i < request->uuids->len; i++)
		domain_number(daemon, request, i)->dirty = VIRT_ALL;
	/* Who has just unmounted a disk asks for this. */
	known_devices_doubt_uses(daemon);
	daemon_want(daemon, TRIGGER_REQUEST);
}

void request_take(struct daemon *daemon, struct talk *talk, char **arguments)
{
	struct request *request = arguments ? request_new(arguments) : NULL;
	struct request *same;

	if (!request) {
		g_strfreev(arguments);
		answer_talk(talk, EX_USAGE, "the daemon does not know this command");
		return;
	}
	same = find_same(daemon, request, true);
	if (same) {
		request_free(request);
		g_ptr_array_add(same->talks, talk);
		return;
	}
	g_ptr_array_add(request->talks, talk);
	daemon->requests = g_list_append(daemon->requests, request);
	if (!find_same(daemon, request, false))
		begin(daemon, request);
}

void request_drop(struct daemon *daemon, const struct talk *talk)
{
	for (GList *at = daemon->requests; at; at = at->next) {
		struct request *request = at->data;

		if (!g_ptr_array_remove(request->talks, (gpointer)(guintptr)talk))
			continue;
		if (request->talks->len == 0) {
			daemon->requests = g_list_delete_link(daemon->requests, at);
			request_free(request);
		}
		return;
	}
}

void request_take_pass(struct daemon *daemon, struct pass *pass)
{
	for (const GList *at = daemon->requests; at; at = at->next) {
		const struct request *request = at->data;

		if (request->stage != STAGE_WAITING)
			g_ptr_array_add(request->passes, pass_ref(pass));
	}
}

/* Is the full reading it asked for not over? */
static bool is_unlisted(const struct daemon *daemon, const struct request *request)
{
	return request->listing > daemon->listings_over;
}

static bool is_read(const struct daemon *daemon, const struct request *request)
{
	if (is_unlisted(daemon, request) && !request->overtaken)
		return false;
	for (guint i = 0; i < request->uuids->len; i++) {
		const struct known_domain *known = domain_number(daemon, request, i);

		if (known && !known_domain_is_known(known))
			return false;
	}
	return true;
}

/* Nothing is under way for it, and nothing is to be done soon. */
static bool is_at_rest(const struct daemon *daemon, const struct request *request)
{
	uint64_t patience = clock_now() + PASS_PATIENCE_USEC;

	if (request->count == 0)
		return !known_domains_are_busy(daemon->known_domains) &&
		       (daemon->due_wake == 0 || daemon->due_wake > patience);
	for (guint i = 0; i < request->uuids->len; i++) {
		const struct known_domain *known = domain_number(daemon, request, i);

		if (known && (!known_domain_is_known(known) ||
			      (known->wake != 0 && known->wake <= patience)))
			return false;
	}
	return true;
}

static const char *name_of(const struct known_domain *known)
{
	return known->domain ? known->domain->name : known->uuid;
}

/* What the replug is to take out. False: it was answered, as a tag is not there. */
static bool ask_replugs(struct daemon *daemon, struct request *request)
{
	const struct known_domain *known = domain_number(daemon, request, 0);
	OWN(pass) pass = look_at(daemon, NULL);

	for (char **name = request->tags; *name; name++) {
		g_autofree char *others = NULL;
		g_autofree char *text = NULL;

		if (domain_find_tag(known->domain, *name))
			continue;
		others = words_tags(known->domain);
		text = g_strdup_printf("domain %s has no tag \"%s\"\n%s", known->domain->name,
				       *name, others);
		answer(daemon, request, EX_USAGE, text);
		return false;
	}
	remember_replugs(daemon->history, pass->plan, known->domain, request->tags);
	return true;
}

/* What it is about was read: it is known now whether that is there. */
static void start_acting(struct daemon *daemon, struct request *request)
{
	request->stage = STAGE_ACTING;
	if (!find_domains(daemon, request)) {
		const char *name = request->names[request->uuids->len];
		OWN(pass) pass = look_at(daemon, NULL);
		g_autofree char *others = words_domains(pass->snapshot);
		g_autofree char *text =
			g_strdup_printf("there is no domain \"%s\"\n%s", name, others);

		answer(daemon, request, EX_USAGE, text);
		return;
	}
	if (request->replug && !ask_replugs(daemon, request))
		return;
	daemon_want(daemon, TRIGGER_REQUEST);
}

static void finish(struct daemon *daemon, struct request *request)
{
	g_autoptr(GPtrArray) only = request->count > 0 ? g_ptr_array_new() : NULL;
	OWN(pass) done = NULL;
	g_autofree char *text = NULL;

	for (guint i = 0; i < request->uuids->len; i++) {
		const struct known_domain *known = domain_number(daemon, request, i);

		if (known && known->domain)
			g_ptr_array_add(only, known->domain->name);
	}
	g_ptr_array_add(request->passes, look_at(daemon, NULL));
	done = result_gather(request->passes, only);
	text = request->json
		       ? json_write_run(done->snapshot, done->plan, daemon->history, done->outcomes)
		       : show_run(done, only);
	if (is_unlisted(daemon, request) && !request->json) {
		g_autofree char *rest = g_steal_pointer(&text);

		text = g_strconcat("! libvirt has not said in time what every domain is like: a "
				   "guest hangs, or a job holds it\n",
				   rest, NULL);
	}
	answer(daemon, request, is_unlisted(daemon, request) || result_is_bad(done, only), text);
}

/* It has taken too long. */
static void give_up(struct daemon *daemon, struct request *request)
{
	const char *slow = NULL;
	g_autofree char *text = NULL;

	if (!daemon->link) {
		answer(daemon, request, EX_UNAVAILABLE,
		       "the daemon has no connection to libvirt\nlook with `systemctl status "
		       "libvirtd virtqemud usbreconcile`");
		return;
	}
	if (request->stage == STAGE_ACTING && request->count == 0) {
		finish(daemon, request);
		return;
	}
	for (guint i = 0; i < request->uuids->len && !slow; i++) {
		const struct known_domain *known = domain_number(daemon, request, i);

		if (known && !known_domain_is_known(known))
			slow = name_of(known);
	}
	text = g_strdup_printf("libvirt has not answered the daemon within %d s%s%s\ntry again; a "
			       "guest that hangs, or a job that holds it, is waited for",
			       (int)(ANSWER_PATIENCE / G_USEC_PER_SEC),
			       slow ? " about domain " : "", slow ? slow : "");
	answer(daemon, request, EX_TEMPFAIL, text);
}

static bool may_overtake(const struct daemon *daemon, const struct request *request)
{
	return request->stage == STAGE_READING && request->count == 0 && daemon->link &&
	       daemon->listed && is_unlisted(daemon, request);
}

static uint64_t due_of(const struct daemon *daemon, const struct request *request)
{
	if (request->stage == STAGE_WAITING)
		return 0;
	if (may_overtake(daemon, request))
		return request->begun + LISTING_PATIENCE;
	return request->begun + (daemon->link ? ANSWER_PATIENCE : LINK_PATIENCE);
}

static void check(struct daemon *daemon, struct request *request)
{
	if (request->stage == STAGE_WAITING) {
		if (!find_same(daemon, request, false))
			begin(daemon, request);
	} else if (clock_now() >= due_of(daemon, request)) {
		if (may_overtake(daemon, request)) {
			request->overtaken = true;
			start_acting(daemon, request);
		} else {
			give_up(daemon, request);
		}
	} else if (!daemon->link || daemon->wanted) {
		return;
	} else if (request->stage == STAGE_READING) {
		if (is_read(daemon, request))
			start_acting(daemon, request);
	} else if (is_at_rest(daemon, request)) {
		finish(daemon, request);
	}
}

void request_check(struct daemon *daemon)
{
	GList *at = daemon->requests;

	while (at) {
		struct request *request = at->data;

		at = at->next;
		check(daemon, request);
	}
}

uint64_t request_due(const struct daemon *daemon)
{
	uint64_t due = 0;

	for (const GList *at = daemon->requests; at; at = at->next)
		deadline_sooner(&due, due_of(daemon, at->data));
	return due;
}

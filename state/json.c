/* SPDX-License-Identifier: MIT */
#include "state/json.h"

#include <jansson.h>

#include "state/json_node.h"
#include "state/json_put.h"
#include "state/json_read.h"
#include "state/json_write.h"
#include "state/json_write_domain.h"
#include "state/json_write_plan.h"

/* A program that knows MAJOR reads every minor: what it does not know it may ignore. */
#define FORMAT_MAJOR 1
#define FORMAT_MINOR 1

/*
 * A double's decimal form of so many digits comes back unchanged, so microseconds do too, up to
 * JSON_NODE_TIME_MAX.
 */
#define PRECISION 15

/* 2^31 seconds and more are fine; beyond the year 9999 RFC 3339 has no form. */
static json_t *write_time(int64_t seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
	g_autofree char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

	return text ? json_string(text) : NULL;
}

/* Out of memory aborts, in jansson too. */
static void use_glib_memory(void)
{
	static gsize done;

	if (g_once_init_enter(&done)) {
		json_set_alloc_funcs(g_malloc, g_free);
		g_once_init_leave(&done, 1);
	}
}

static json_t *new_document(const struct snapshot *snapshot, const struct plan *plan)
{
	json_t *document, *version, *program;

	use_glib_memory();
	document = json_object();
	version = json_object();
	program = json_object();
	json_put_int(version, "major", FORMAT_MAJOR);
	json_put_int(version, "minor", FORMAT_MINOR);
	json_put_text(program, "name", "usbreconcile");
	json_put_text(program, "version", USBRECONCILE_VERSION);
	json_put(document, "format_version", version);
	json_put(document, "program", program);
	json_put(document, "time", write_time(snapshot->time));
	json_put_text(document, "host", snapshot->host);
	json_put_text(document, "uri", snapshot->uri);
	json_put(document, "problems", json_write_problems_of(snapshot, plan));
	return document;
}

/*
 * ASCII only: bytes that reorder or clear a terminal are not for those who just look at the
 * document either.
 */
static char *finish_as(json_t *document, size_t form)
{
	g_autofree char *text =
		json_dumps(document, form | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(PRECISION));
	g_auto(GStrv) parts = NULL;
	g_autofree char *whole = NULL;

	json_decref(document);
	/* DEL, which jansson leaves as it is, can stand in strings only. */
	parts = g_strsplit(text, "\x7f", -1);
	whole = g_strjoinv("\\u007f", parts);
	return g_strconcat(whole, "\n", NULL);
}

static char *finish(json_t *document)
{
	return finish_as(document, JSON_INDENT(2));
}

static json_t *write_device(const void *device)
{
	return json_write_device(device);
}

static json_t *new_status(const struct snapshot *snapshot, const struct plan *plan,
			  const struct history *history)
{
	json_t *document = new_document(snapshot, plan);
	json_t *domains = json_array();

	for (guint i = 0; i < snapshot->domains->len; i++)
		json_array_append_new(
			domains, json_write_domain(g_ptr_array_index(snapshot->domains, i), plan));
	json_put_bool(document, "healthy",
		      plan_severity(plan, snapshot, NULL, NULL) < SEVERITY_CRITICAL);
	json_put(document, "summary", json_write_summary(plan));
	json_put(document, "now", json_real((double)snapshot->now / G_USEC_PER_SEC));
	json_put_bool(document, "leaving", snapshot->leaving);
	json_put_time(document, "still_since", changes_last(snapshot->changes));
	json_put_time(document, "wake", plan_wake(plan));
	json_put(document, "devices", json_put_new_list(snapshot->devices, write_device));
	json_put(document, "changes", json_write_changes(snapshot->changes));
	json_put(document, "domains", domains);
	json_put(document, "unmanaged", json_write_unmanaged(plan));
	json_put(document, "history", json_write_history(history));
	if (snapshot->daemon)
		json_put(document, "daemon", json_write_report(snapshot->daemon));
	return document;
}

char *json_write_status(const struct snapshot *snapshot, const struct plan *plan,
			const struct history *history)
{
	return finish(new_status(snapshot, plan, history));
}

char *json_write_status_line(const struct snapshot *snapshot, const struct plan *plan,
			     const struct history *history)
{
	return finish_as(new_status(snapshot, plan, history), JSON_COMPACT);
}

char *json_write_run(const struct snapshot *snapshot, const struct plan *plan,
		     const struct history *history, const GPtrArray *outcomes)
{
	json_t *document = new_status(snapshot, plan, history);

	json_put(document, "actions", json_write_actions(plan));
	json_put(document, "outcomes", json_write_outcomes(plan, outcomes));
	return finish(document);
}

char *json_write_devices(const struct snapshot *snapshot, const struct plan *plan)
{
	json_t *document = new_document(snapshot, plan);
	json_t *devices = json_array();

	for (guint i = 0; i < snapshot->devices->len; i++) {
		const struct device *device = g_ptr_array_index(snapshot->devices, i);
		json_t *object = json_write_device(device);

		if (plan)
			json_write_users(object, device, plan);
		json_array_append_new(devices, object);
	}
	json_put(document, "devices", devices);
	return finish(document);
}

char *json_write_problems(const struct snapshot *snapshot)
{
	return finish(new_document(snapshot, NULL));
}

char *json_write_problems_line(const struct snapshot *snapshot)
{
	return finish_as(new_document(snapshot, NULL), JSON_COMPACT);
}

static void check_version(const struct json_node *document)
{
	struct json_node version = json_node_need(document, "format_version");
	struct json_node major = json_node_need(&version, "major");
	int64_t number = json_node_int(&version, "major", 0, G_MAXINT64, FORMAT_MAJOR);

	if (number != FORMAT_MAJOR)
		json_node_complain(&major,
				   "is %" G_GINT64_FORMAT
				   ", this program knows only %d; a newer usbreconcile reads it",
				   number, FORMAT_MAJOR);
}

static int64_t read_time(const struct json_node *document)
{
	struct json_node node = json_node_get(document, "time");
	const char *text = json_node_string(&node);
	g_autoptr(GDateTime) time = NULL;

	if (!text)
		return 0;
	if (g_str_has_suffix(text, "Z"))
		time = g_date_time_new_from_iso8601(text, NULL);
	if (time && g_date_time_to_unix(time) >= 0)
		return g_date_time_to_unix(time);
	json_node_complain(&node, "must be a time like 2026-01-31T23:59:59Z");
	return 0;
}

static struct snapshot *read_snapshot(const struct json_node *document)
{
	struct snapshot *snapshot = snapshot_new();
	struct json_node problems = json_node_get(document, "problems");
	struct json_node devices = json_node_need(document, "devices");
	struct json_node changes = json_node_get(document, "changes");
	struct json_node domains = json_node_need(document, "domains");
	struct json_node daemon = json_node_get(document, "daemon");

	snapshot->host = json_node_text(document, "host");
	snapshot->uri = json_node_text(document, "uri");
	snapshot->time = read_time(document);
	json_node_need(document, "now");
	snapshot->now = json_node_time(document, "now");
	snapshot->leaving = json_node_bool(document, "leaving", false);
	json_read_problems(&problems, snapshot->problems);
	json_read_devices(&devices, snapshot->devices);
	json_read_changes(&changes, snapshot->changes);
	json_read_domains(&domains, snapshot->domains);
	snapshot->daemon = json_read_report(&daemon);
	snapshot_sort(snapshot);
	return snapshot;
}

static json_t *parse(const char *text, char **err)
{
	json_error_t error;
	json_t *json;

	use_glib_memory();
	json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		*err = g_strdup_printf("this is no JSON: line %d, column %d: %s", error.line,
				       error.column, error.text);
	return json;
}

char *json_write_edits(const char *run, const GPtrArray *metadata, char **err)
{
	json_t *document = parse(run, err);
	json_t *list = json_array();
	bool changed = false;

	if (!json_is_object(document)) {
		json_decref(document);
		json_decref(list);
		return NULL;
	}
	for (guint i = 0; i < metadata->len; i++) {
		const struct json_metadata *each = g_ptr_array_index(metadata, i);
		json_t *object = json_object();

		json_put_text(object, "domain", each->domain);
		json_put_bool(object, "changed", each->changed);
		json_put_text(object, "xml", each->xml);
		json_array_append_new(list, object);
		changed = changed || each->changed;
	}
	json_put_bool(document, "changed", changed);
	json_put(document, "metadata", list);
	return finish(document);
}

int json_read_status(const char *text, struct snapshot **ret_snapshot, struct history **ret_history,
		     char **err)
{
	char *complaint = NULL;
	json_t *json = parse(text, err);
	struct json_node document = {.value = json, .complaint = &complaint};
	struct json_node remembered;
	OWN(snapshot) snapshot = NULL;
	OWN(history) history = history_new();

	if (!json)
		return -1;
	check_version(&document);
	/* Of another version nothing further can be said. */
	if (!complaint) {
		snapshot = read_snapshot(&document);
		remembered = json_node_get(&document, "history");
		json_read_history(&remembered, history);
	}
	json_decref(json);
	if (complaint) {
		*err = complaint;
		return -1;
	}
	*ret_snapshot = g_steal_pointer(&snapshot);
	*ret_history = g_steal_pointer(&history);
	return 0;
}

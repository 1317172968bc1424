/* SPDX-License-Identifier: MIT */

/*
 * Reading all domains. There is no bulk call for XML, so each is asked on its own, several at a
 * time: since libvirt 11.0.0 a dump waits up to 30 s behind another job of its domain, and that
 * must cost nobody else anything.
 */

#include <stdlib.h>
#include <string.h>

#include "reconciler/virt_events.h"
#include "reconciler/virt_internal.h"
#include "xmlutil/domain_xml.h"

/* libvirtd serves 5 calls of one client at a time (max_client_requests) and with all of them
 * waiting does not even answer keepalive, which would end the connection: one is kept free. */
#define READERS_MAX 4

struct reading {
	virDomainPtr handle;   /* the list's */
	struct domain *domain; /* NULL: it vanished meanwhile */
	GPtrArray *problems;
	char *lost; /* there is no libvirt any more: its words */
};

struct readings {
	struct virt *virt;
	struct reading *items;
	gint count;
	gint next; /* atomic */
};

static void vanish(struct reading *reading)
{
	g_clear_pointer(&reading->domain, domain_free);
	g_ptr_array_set_size(reading->problems, 0);
}

/* SENTENCE is taken over; it becomes both the reason and the problem. */
static void note_unreadable(struct reading *reading, enum problem_code code, char *sentence,
			    const char *hint)
{
	struct domain *domain = reading->domain;
	enum severity severity = code == PROBLEM_DOMAIN_BUSY ? SEVERITY_WARNING : SEVERITY_CRITICAL;

	if (!domain->unreadable)
		domain->unreadable = g_strdup(sentence);
	g_ptr_array_add(reading->problems,
			problem_new(code, severity, domain->name, NULL, 0, sentence, hint));
}

/* What libvirt's refusal to give something means for the domain. */
static void note_trouble(struct reading *reading, struct trouble *trouble, const char *what)
{
	const char *name = reading->domain->name;
	g_autofree char *hint = NULL;

	if (trouble->lost) {
		g_free(reading->lost);
		reading->lost = g_steal_pointer(&trouble->words);
	} else if (trouble->code == VIR_ERR_NO_DOMAIN) {
		vanish(reading);
	} else if (trouble->code == VIR_ERR_OPERATION_TIMEOUT) {
		hint = g_strdup_printf(
			"another job holds the domain, `virsh domjobinfo %s` shows which; "
			"it is read again when that is over",
			name);
		note_unreadable(
			reading, PROBLEM_DOMAIN_BUSY,
			g_strdup_printf("the %s cannot be read now: %s", what, trouble->words),
			hint);
	} else {
		hint = g_strdup_printf(
			"`virsh dumpxml %s` should fail the same way; nothing of this "
			"domain is changed until it can be read",
			name);
		note_unreadable(reading, PROBLEM_DOMAIN_UNREADABLE,
				g_strdup_printf("the %s cannot be read: %s", what, trouble->words),
				hint);
	}
}

static void note_unparseable(struct reading *reading, const char *what, const char *why)
{
	g_autofree char *hint =
		g_strdup_printf("correct it with `virsh edit %s`; nothing of this domain "
				"is changed until it can be read",
				reading->domain->name);

	note_unreadable(reading, PROBLEM_DOMAIN_UNREADABLE,
			g_strdup_printf("the %s is not well-formed XML: %s", what, why), hint);
}

/*
 * NULL: it is noted, and there may be no domain any more. virDomainGetMetadata() would answer even
 * behind another job, but reads freed memory in libvirtd when an attribute carries our prefix (seen
 * with AddressSanitizer, 9.0.0): what a busy domain asks for is not worth that.
 */
static char *dump(struct virt *virt, struct reading *reading, unsigned int flags)
{
	char *xml = CALL(virt, virDomainGetXMLDesc, reading->handle, flags);

	if (!xml) {
		OWN(trouble) trouble = trouble_take();
		note_trouble(reading, trouble,
			     flags & VIR_DOMAIN_XML_INACTIVE ? "persistent XML" : "live XML");
	}
	return xml;
}

static bool any_is_ours(const GPtrArray *hostdevs)
{
	for (guint i = 0; i < hostdevs->len; i++) {
		const struct hostdev *hostdev = g_ptr_array_index(hostdevs, i);
		if (tag_alias_is_ours(hostdev->alias))
			return true;
	}
	return false;
}

/* Only these are worth further calls: the others are never changed. */
static bool concerns_us(const struct domain *domain)
{
	return domain->tags->len > 0 || any_is_ours(domain->live) || any_is_ours(domain->config);
}

static struct domain *domain_of(virDomainPtr handle)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	virDomainGetUUIDString(handle, uuid);
	struct domain *domain = domain_new(virDomainGetName(handle), uuid);
	/* A handle from a listing knows whether it was running then; that is no call. */
	domain->running = virDomainGetID(handle) != (unsigned int)-1;
	domain->persistent = true;
	domain->metadata = METADATA_UNREAD;
	return domain;
}

static void parse_config(struct reading *reading, const char *xml)
{
	g_autofree char *err = NULL;

	if (domain_xml_read_config(xml, false, reading->domain, reading->problems, &err) < 0)
		note_unparseable(reading, "persistent XML", err);
}

static void parse_live(struct reading *reading, const char *xml)
{
	g_autofree char *err = NULL;

	if (domain_xml_read_live(xml, reading->domain, &err) < 0)
		note_unparseable(reading, "live XML", err);
}

/* A transient domain has nothing persistent, though libvirt makes up an inactive XML for it: what
 * was read is thrown away, and the live XML says everything. */
static void read_if_transient(struct virt *virt, struct reading *reading, const char *live)
{
	int persistent = CALL(virt, virDomainIsPersistent, reading->handle);

	if (persistent > 0)
		return;
	if (persistent < 0) {
		OWN(trouble) trouble = trouble_take();
		note_trouble(reading, trouble, "domain");
		return;
	}

	g_autofree char *err = NULL;
	vanish(reading);
	reading->domain = domain_of(reading->handle);
	reading->domain->persistent = false;
	if (domain_xml_read_config(live, true, reading->domain, reading->problems, &err) < 0)
		note_unparseable(reading, "live XML", err);
}

/* A bad image spoils the domain's next start, not the domain. */
static void note_bad_image(struct reading *reading, const char *why)
{
	g_autofree char *hint = g_strdup_printf("`virsh managedsave-dumpxml %s` shows it; `virsh "
						"managedsave-remove %s` discards the saved state",
						reading->domain->name, reading->domain->name);

	g_ptr_array_add(
		reading->problems,
		problem_new(
			PROBLEM_DOMAIN_UNREADABLE, SEVERITY_WARNING, reading->domain->name, NULL, 0,
			g_strdup_printf("the managed save image cannot be read: %s", why), hint));
}

static void read_image(struct virt *virt, struct reading *reading)
{
	g_autofree char *err = NULL;

	if (CALL(virt, virDomainHasManagedSaveImage, reading->handle, 0) != 1)
		return;
	reading->domain->saved = true;

	g_autofree char *xml = CALL(virt, virDomainManagedSaveGetXMLDesc, reading->handle, 0);
	if (!xml) {
		OWN(trouble) trouble = trouble_take();
		/* A driver that cannot show images does not give USB devices to guests either. */
		if (trouble->code != VIR_ERR_NO_SUPPORT)
			note_bad_image(reading, trouble->words);
	} else if (domain_xml_read_image(xml, reading->domain, &err) < 0) {
		note_bad_image(reading, err);
	}
}

static void read_one(struct virt *virt, struct reading *reading)
{
	g_autofree char *live = NULL;

	reading->domain = domain_of(reading->handle);
	g_autofree char *config = dump(virt, reading, VIR_DOMAIN_XML_INACTIVE);
	if (!config)
		return;
	if (reading->domain->running) {
		live = dump(virt, reading, 0);
		if (!reading->domain)
			return;
		reading->domain->running = !live || virt_xml_is_live(live);
	}
	parse_config(reading, config);
	if (!reading->domain->running) {
		if (concerns_us(reading->domain))
			read_image(virt, reading);
	} else if (live) {
		parse_live(reading, live);
		if (concerns_us(reading->domain))
			read_if_transient(virt, reading, live);
	}
}

static void *run_reader(void *data)
{
	struct readings *readings = data;

	for (;;) {
		gint i = g_atomic_int_add(&readings->next, 1);
		if (i >= readings->count)
			return NULL;
		read_one(readings->virt, &readings->items[i]);
	}
}

static void read_all(struct readings *readings)
{
	GThread *helpers[READERS_MAX - 1] = {NULL};

	for (gint i = 0; i < READERS_MAX - 1 && i < readings->count - 1; i++)
		helpers[i] = virt_thread("libvirt-read", run_reader, readings);
	run_reader(readings);
	for (gint i = 0; i < READERS_MAX - 1; i++) {
		if (helpers[i])
			g_thread_join(helpers[i]);
	}
}

bool virt_xml_is_live(const char *xml)
{
	const char *root = strstr(xml, "<domain ");
	const char *end = root ? strchr(root, '>') : NULL;

	return end && g_strstr_len(root, end - root, " id='");
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(virDomainGetName(*(virDomainPtr const *)a),
		      virDomainGetName(*(virDomainPtr const *)b));
}

/* What the readers found, in the list's order; the readings are used up. */
static int gather(struct readings *readings, GPtrArray *problems, GPtrArray *domains, char **err)
{
	int result = 0;

	for (gint i = 0; i < readings->count; i++) {
		struct reading *reading = &readings->items[i];

		if (reading->lost && result == 0) {
			*err = g_strdup_printf("the connection to libvirt broke: %s",
					       reading->lost);
			result = -1;
		}
		g_free(reading->lost);
		if (reading->domain)
			g_ptr_array_add(domains, reading->domain);
		g_ptr_array_extend_and_steal(problems, reading->problems);
	}
	g_free(readings->items);
	return result;
}

int virt_read_domains(struct virt *virt, GPtrArray *problems, GPtrArray **ret_domains, char **err)
{
	virDomainPtr *handles = NULL;
	int count = CALL(virt, virConnectListAllDomains, virt->connection, &handles, 0);

	if (count < 0) {
		OWN(trouble) trouble = trouble_take();
		*err = g_strdup_printf("cannot list the domains: %s", trouble->words);
		return -1;
	}
	qsort(handles, (size_t)count, sizeof(virDomainPtr), compare_names);
	virt_remember_domains(virt, handles, (size_t)count);

	struct readings readings = {.virt = virt, .count = count};
	readings.items = g_new0(struct reading, (gsize)count);
	for (int i = 0; i < count; i++) {
		readings.items[i].handle = handles[i];
		readings.items[i].problems =
			g_ptr_array_new_with_free_func((GDestroyNotify)problem_free);
	}
	read_all(&readings);

	GPtrArray *domains = g_ptr_array_new_with_free_func((GDestroyNotify)domain_free);
	int result = gather(&readings, problems, domains, err);
	for (int i = 0; i < count; i++)
		virDomainFree(handles[i]);
	free(handles);
	if (result < 0)
		g_ptr_array_unref(domains);
	else
		*ret_domains = domains;
	return result;
}

static void renew(GPtrArray **list, GDestroyNotify free_item)
{
	g_ptr_array_unref(*list);
	*list = g_ptr_array_new_with_free_func(free_item);
}

/* One side again, the other as it was. False: that is not enough to go by. */
static bool read_side(struct virt *virt, struct reading *reading, unsigned int side,
		      const struct domain *old)
{
	struct domain *domain = domain_copy(old);

	reading->domain = domain;
	if (side == VIRT_CONFIG) {
		renew(&domain->config, (GDestroyNotify)hostdev_free);
		renew(&domain->tags, (GDestroyNotify)tag_free);
		renew(&domain->other_aliases, g_free);
		domain->metadata = METADATA_UNREAD;
	} else {
		renew(&domain->live, (GDestroyNotify)hostdev_free);
	}

	g_autofree char *xml =
		dump(virt, reading, side == VIRT_CONFIG ? VIR_DOMAIN_XML_INACTIVE : 0);
	if (!reading->domain)
		return true;
	if (!xml)
		return true;
	if (side == VIRT_CONFIG)
		parse_config(reading, xml);
	else if (virt_xml_is_live(xml))
		parse_live(reading, xml);
	else
		return false;
	return true;
}

/* May one side of it be read alone? A transient domain has its tags in the live XML, an alias that
 * is in the way may be in either, and of a domain that is off or could not be read all may be new.
 */
static bool is_plain(const struct domain *domain)
{
	return domain && domain->running && domain->persistent && !domain->unreadable &&
	       domain->other_aliases->len == 0;
}

/* Asked afresh, as a handle from the last listing does not know whether it runs now. */
static virDomainPtr look_up_again(struct virt *virt, const char *uuid)
{
	virt_forget_domain(virt, uuid);
	return virt_domain(virt, uuid);
}

static void read_again(struct virt *virt, struct reading *reading, unsigned int sides,
		       const struct domain *old, const char *uuid)
{
	bool one_side = is_plain(old) && (sides == VIRT_CONFIG || sides == VIRT_LIVE);

	if (one_side) {
		reading->handle = virt_domain(virt, uuid);
		if (!reading->handle || read_side(virt, reading, sides, old))
			return;
		g_clear_pointer(&reading->domain, domain_free);
		g_ptr_array_set_size(reading->problems, 0);
		virDomainFree(reading->handle);
	}
	reading->handle = look_up_again(virt, uuid);
	if (reading->handle)
		read_one(virt, reading);
}

/* What could not be read now is taken to be as it was: what the domain holds stays its own. UNREAD
 * is used up. */
static struct domain *keep_unread(struct domain *unread, const struct domain *old)
{
	struct domain *domain = domain_copy(old);

	g_free(domain->unreadable);
	domain->unreadable = g_strdup(unread->unreadable);
	domain_free(unread);
	return domain;
}

int virt_read_domain(struct virt *virt, const char *uuid, unsigned int sides,
		     const struct domain *old, GPtrArray *problems, struct domain **ret_domain,
		     char **err)
{
	struct reading reading = {0};
	int result = 0;

	reading.problems = g_ptr_array_new_with_free_func((GDestroyNotify)problem_free);
	read_again(virt, &reading, sides, old, uuid);
	if (!reading.handle) {
		OWN(trouble) trouble = trouble_take();

		if (trouble->lost)
			reading.lost = g_steal_pointer(&trouble->words);
	} else {
		virDomainFree(reading.handle);
	}
	if (reading.lost) {
		*err = g_strdup_printf("the connection to libvirt broke: %s", reading.lost);
		g_clear_pointer(&reading.domain, domain_free);
		result = -1;
	} else if (!reading.domain) {
		result = 1;
	} else {
		*ret_domain = reading.domain->unreadable && old ? keep_unread(reading.domain, old)
								: reading.domain;
	}
	g_free(reading.lost);
	g_ptr_array_extend_and_steal(problems, reading.problems);
	return result;
}

/* SPDX-License-Identifier: MIT */

/* One domain: what libvirt says of it, and what its refusals mean. */

#include <string.h>

#include "reconciler/libvirt/virt_reading.h"
#include "reconciler/libvirt/virt_connection.h"
#include "xmlutil/domain_xml.h"

/* virConnectGetLibVersion()'s. */
#define GUEST_RESET_SINCE 8006000
/* A dump of a running domain waits up to 30 s for another job of it (11.0.0 to 12.8). */
#define DUMP_WAITS_SINCE 11000000

/* What a healthy QEMU takes to answer is far less. */
#define ANSWER_MOST_MS 1000

static void vanish(struct virt_reading *reading)
{
	g_clear_pointer(&reading->domain, domain_unref);
	g_ptr_array_set_size(reading->problems, 0);
}

/* SENTENCE is taken over; it becomes both the reason and the problem. */
static void note_unreadable(struct virt_reading *reading, enum problem_code code, char *sentence,
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
static void note_trouble(struct virt_reading *reading, struct trouble *trouble, const char *what)
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

static void note_unparseable(struct virt_reading *reading, const char *what, const char *why)
{
	g_autofree char *hint =
		g_strdup_printf("correct it with `virsh edit %s`; nothing of this domain "
				"is changed until it can be read",
				reading->domain->name);

	note_unreadable(reading, PROBLEM_DOMAIN_UNREADABLE,
			g_strdup_printf("the %s is not well-formed XML: %s", what, why), hint);
}

/*
 * virDomainGetMetadata() would answer even behind another job, but reads freed memory in libvirtd
 * when an attribute carries our prefix (seen with AddressSanitizer, 9.0.0): what a busy domain asks
 * for is not worth that.
 */
char *virt_reading_dump(struct virt *virt, struct virt_reading *reading, unsigned int flags)
{
	char *xml = CALL(virt, virDomainGetXMLDesc, reading->handle, flags);

	if (!xml) {
		OWN(trouble) trouble = trouble_take(virt);
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

/* Has the domain tags, or hostdevs of ours? Only then are further calls made about it: the others
 * are never changed. */
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
	unsigned int id = virDomainGetID(handle);
	domain->running = id != (unsigned int)-1;
	domain->id = domain->running ? id : 0;
	domain->persistent = true;
	domain->metadata = METADATA_UNREAD;
	return domain;
}

/* An older libvirt drops guestReset from a hostdev without a word: what asks for it would be
 * written again for ever. Without it the device works as it always did there. */
static void forget_guest_reset(struct virt_reading *reading, struct tag *tag)
{
	tag->guest_reset = GUEST_RESET_DEFAULT;
	problem_warn(reading->problems, PROBLEM_METADATA_WARNING, reading->domain->name, tag->name,
		     g_strdup("guestReset is left out, as this libvirt does not know it"),
		     "libvirt 8.6 is the first that does");
}

static void forget_unknown(const struct virt *virt, struct virt_reading *reading)
{
	if (virt->version == 0 || virt->version >= GUEST_RESET_SINCE)
		return;
	for (guint i = 0; i < reading->domain->tags->len; i++) {
		struct tag *tag = g_ptr_array_index(reading->domain->tags, i);

		if (tag->guest_reset != GUEST_RESET_DEFAULT)
			forget_guest_reset(reading, tag);
	}
}

void virt_reading_config(struct virt *virt, struct virt_reading *reading, const char *xml)
{
	g_autofree char *err = NULL;

	if (domain_xml_read_config(xml, false, reading->domain, reading->problems, &err) < 0)
		note_unparseable(reading, "persistent XML", err);
	forget_unknown(virt, reading);
}

void virt_reading_live(struct virt_reading *reading, const char *xml)
{
	g_autofree char *err = NULL;

	if (domain_xml_read_live(xml, reading->domain, &err) < 0)
		note_unparseable(reading, "live XML", err);
}

/* A transient domain has nothing persistent, though libvirt makes up an inactive XML for it: what
 * was read is thrown away, and the live XML says everything. */
static void read_if_transient(struct virt *virt, struct virt_reading *reading, const char *live)
{
	int persistent = CALL(virt, virDomainIsPersistent, reading->handle);

	if (persistent > 0)
		return;
	if (persistent < 0) {
		OWN(trouble) trouble = trouble_take(virt);
		note_trouble(reading, trouble, "domain");
		return;
	}

	g_autofree char *err = NULL;
	bool starting = reading->domain->starting;
	vanish(reading);
	reading->domain = domain_of(reading->handle);
	reading->domain->starting = starting;
	reading->domain->persistent = false;
	if (domain_xml_read_config(live, true, reading->domain, reading->problems, &err) < 0)
		note_unparseable(reading, "live XML", err);
	forget_unknown(virt, reading);
}

bool virt_reading_is_held(struct virt *virt, struct virt_reading *reading)
{
	const char *name = reading->domain->name;
	g_autofree char *hint = NULL;
	virDomainControlInfo info = {0};

	if (virt->version < DUMP_WAITS_SINCE ||
	    CALL(virt, virDomainGetControlInfo, reading->handle, &info, 0) < 0 ||
	    info.state != VIR_DOMAIN_CONTROL_OCCUPIED || info.stateTime < ANSWER_MOST_MS)
		return false;
	hint = g_strdup_printf("the guest hangs, or has much to do: `virsh domcontrol %s` says for "
			       "how long; it is read again when that is over",
			       name);
	note_unreadable(
		reading, PROBLEM_DOMAIN_BUSY,
		g_strdup("it cannot be read now, as its QEMU does not answer what libvirt asked"),
		hint);
	return true;
}

/* A managed save image that cannot be read is a problem for the domain's next start; the domain
 * itself is not unreadable. */
static void note_bad_image(struct virt_reading *reading, const char *why)
{
	g_autofree char *hint = g_strdup_printf("`virsh managedsave-dumpxml %s` shows it; `virsh "
						"managedsave-remove %s` discards the saved state",
						reading->domain->name, reading->domain->name);

	problem_warn(reading->problems, PROBLEM_DOMAIN_UNREADABLE, reading->domain->name, NULL,
		     g_strdup_printf("the managed save image cannot be read: %s", why), hint);
}

static void read_image(struct virt *virt, struct virt_reading *reading)
{
	g_autofree char *err = NULL;

	if (reading->unsaved || CALL(virt, virDomainHasManagedSaveImage, reading->handle, 0) != 1)
		return;
	reading->domain->saved = true;

	g_autofree char *xml = CALL(virt, virDomainManagedSaveGetXMLDesc, reading->handle, 0);
	if (!xml) {
		OWN(trouble) trouble = trouble_take(virt);
		/* A driver that cannot show images does not give USB devices to guests either. */
		if (trouble->code != VIR_ERR_NO_SUPPORT && concerns_us(reading->domain))
			note_bad_image(reading, trouble->words);
	} else if (domain_xml_read_image(xml, reading->domain, &err) < 0 &&
		   concerns_us(reading->domain)) {
		note_bad_image(reading, err);
	}
}

/*
 * Until its QEMU is up, a guest shows hostdevs that it does not have yet. One that comes from
 * another host shows the config that it left here the last time, if any, and a live XML of what it
 * is going to be (9.0.0); in newer versions a dump waits until it is there. On the host that a
 * guest leaves, it is paused like this for its last moment. The state is told at once, whatever
 * else is going on.
 */
static bool is_on_its_way(struct virt *virt, struct virt_reading *reading)
{
	int state = 0, reason = 0;

	if (CALL(virt, virDomainGetState, reading->handle, &state, &reason, 0) < 0 ||
	    state != VIR_DOMAIN_PAUSED)
		return false;
	reading->domain->starting = reason == VIR_DOMAIN_PAUSED_STARTING_UP;
	return reason == VIR_DOMAIN_PAUSED_MIGRATION;
}

static void note_on_its_way(struct virt_reading *reading)
{
	reading->domain->migrating = true;
	note_unreadable(reading, PROBLEM_DOMAIN_BUSY,
			g_strdup("it is on its way to or from another host"),
			"it is read when it is there, or stays after all");
}

void virt_reading_all(struct virt *virt, struct virt_reading *reading)
{
	g_autofree char *live = NULL;

	reading->domain = domain_of(reading->handle);
	if (reading->domain->running && !reading->awake && is_on_its_way(virt, reading)) {
		note_on_its_way(reading);
		return;
	}
	if (reading->domain->running && virt_reading_is_held(virt, reading))
		return;
	g_autofree char *config = virt_reading_dump(virt, reading, VIR_DOMAIN_XML_INACTIVE);
	if (!config)
		return;
	if (reading->domain->running) {
		live = virt_reading_dump(virt, reading, 0);
		if (!reading->domain)
			return;
		reading->domain->running = !live || virt_xml_is_live(live);
	}
	virt_reading_config(virt, reading, config);
	if (!reading->domain->running) {
		/* It may have a hostdev of ours though no tag and no config says so any more. */
		read_image(virt, reading);
	} else if (live) {
		virt_reading_live(reading, live);
		if (concerns_us(reading->domain))
			read_if_transient(virt, reading, live);
	}
}

bool virt_xml_is_live(const char *xml)
{
	const char *root = strstr(xml, "<domain ");
	const char *end = root ? strchr(root, '>') : NULL;

	return end && g_strstr_len(root, end - root, " id='");
}

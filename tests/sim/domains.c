/* SPDX-License-Identifier: MIT */

/*
 * libvirt's calls about one domain. What changes it is a job, and jobs wait up to 30 s for each
 * other; since 11.0.0 a dump is one, too.
 */

#include "calls.h"

#include <stdlib.h>
#include <string.h>

#define JOB_PATIENCE (30 * SEC)

static bool is_chaos(void)
{
	static const int codes[] = {1, 9, 38, 55, 67, 68, 27};

	if (libvirt_chaos == 0 || !sim_chance(libvirt_chaos))
		return false;
	refuse(codes[sim_below(G_N_ELEMENTS(codes))], "something went wrong");
	return true;
}

/* 0, or -1 after 30 s behind somebody else's job. */
static int wait_for_job(struct guest *guest)
{
	uint64_t until = sim_now + JOB_PATIENCE;

	while (guest->holds_job && sim_now < until)
		fiber_wait(&guest->holds_job, until);
	if (guest->holds_job)
		return refuse(VIR_ERR_OPERATION_TIMEOUT,
			      "Timed out during operation: cannot acquire state change lock");
	return 0;
}

static void end_job(struct guest *guest)
{
	guest->holds_job = false;
	fiber_wake_all(&guest->holds_job);
}

int virDomainFree(virDomainPtr domain)
{
	if (--domain->users > 0)
		return 0;
	g_free(domain->name);
	g_free(domain->uuid);
	g_free(domain);
	return 0;
}

int virDomainRef(virDomainPtr domain)
{
	domain->users++;
	return 0;
}

const char *virDomainGetName(virDomainPtr domain)
{
	return domain->name;
}

int virDomainGetUUIDString(virDomainPtr domain, char *text)
{
	g_strlcpy(text, domain->uuid, VIR_UUID_STRING_BUFLEN);
	return 0;
}

/* One byte is enough to tell three guests from each other. */
int virDomainGetUUID(virDomainPtr domain, unsigned char *uuid)
{
	memset(uuid, 0, VIR_UUID_BUFLEN);
	uuid[VIR_UUID_BUFLEN - 1] = (unsigned char)domain->uuid[strlen(domain->uuid) - 1];
	return 0;
}

unsigned int virDomainGetID(virDomainPtr domain)
{
	return (unsigned int)domain->id;
}

static struct guest *known_guest(virDomainPtr domain)
{
	struct guest *guest = guest_find(domain->uuid);

	if (!guest)
		refuse(VIR_ERR_NO_DOMAIN, "Domain not found: no domain with matching uuid");
	return guest;
}

virDomainPtr virDomainLookupByUUIDString(virConnectPtr connection, const char *uuid)
{
	struct guest *guest;

	if (!call_begin(connection))
		return NULL;
	guest = guest_find(uuid);
	if (!guest)
		refuse(VIR_ERR_NO_DOMAIN, "Domain not found: no domain with matching uuid");
	if (call_end(connection, guest ? 0 : -1) < 0)
		return NULL;
	return call_handle(connection, guest);
}

/* A call about one guest, JOB or not: what ASK says of it. */
static int about(virDomainPtr domain, bool job, int (*ask)(struct guest *guest, void *data),
		 void *data)
{
	struct guest *guest;
	int result;

	if (!call_begin(domain->connection))
		return -1;
	guest = known_guest(domain);
	result = !guest || (job && wait_for_job(guest) < 0) ? -1 : 0;
	/* It may have gone while this waited. */
	if (result == 0 && !guest_find(domain->uuid))
		result = refuse(VIR_ERR_NO_DOMAIN, "Domain not found");
	if (result == 0)
		result = is_chaos() ? -1 : ask(guest, data);
	return call_end(domain->connection, result);
}

static int ask_active(struct guest *guest, void *data)
{
	(void)data;
	return guest->id >= 0;
}

int virDomainIsActive(virDomainPtr domain)
{
	return about(domain, false, ask_active, NULL);
}

struct state {
	int *state, *reason;
};

static int ask_state(struct guest *guest, void *data)
{
	struct state *state = data;

	*state->state = guest->id < 0   ? VIR_DOMAIN_SHUTOFF
			: guest->paused ? VIR_DOMAIN_PAUSED
					: VIR_DOMAIN_RUNNING;
	*state->reason = guest->arriving || guest->leaving ? VIR_DOMAIN_PAUSED_MIGRATION
							   : VIR_DOMAIN_PAUSED_USER;
	return 0;
}

int virDomainGetState(virDomainPtr domain, int *ret_state, int *ret_reason, unsigned int flags)
{
	struct state state = {ret_state, ret_reason};

	(void)flags;
	return about(domain, false, ask_state, &state);
}

/* Where it comes to, statistics are refused; where it goes from, they tell. */
static int ask_job(struct guest *guest, void *data)
{
	*(bool *)data = guest->leaving;
	if (guest->arriving)
		return refuse(VIR_ERR_OPERATION_INVALID,
			      "migration statistics are available only on the source host");
	return 0;
}

int virDomainGetJobStats(virDomainPtr domain, int *ret_type, virTypedParameterPtr *ret_parameters,
			 int *ret_count, unsigned int flags)
{
	bool leaving = false;
	int result = about(domain, false, ask_job, &leaving);

	(void)flags;
	*ret_type = leaving ? VIR_DOMAIN_JOB_UNBOUNDED : VIR_DOMAIN_JOB_NONE;
	*ret_parameters = NULL;
	*ret_count = leaving;
	return result;
}

/* There is one parameter, if any. */
int virTypedParamsGetInt(virTypedParameterPtr parameters, int count, const char *name, int *ret)
{
	(void)parameters;
	(void)name;
	if (count > 0)
		*ret = VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT;
	return count;
}

void virTypedParamsFree(virTypedParameterPtr parameters, int count)
{
	(void)parameters;
	(void)count;
}

static int ask_control(struct guest *guest, void *data)
{
	virDomainControlInfoPtr info = data;

	if (guest->id < 0)
		return refuse(VIR_ERR_OPERATION_INVALID, "domain is not running");
	*info = (virDomainControlInfo){0};
	if (guest->holds_job) {
		info->state = VIR_DOMAIN_CONTROL_OCCUPIED;
		info->stateTime = (sim_now - guest->job_since) / MS;
	}
	return 0;
}

int virDomainGetControlInfo(virDomainPtr domain, virDomainControlInfoPtr ret_info,
			    unsigned int flags)
{
	(void)flags;
	return about(domain, false, ask_control, ret_info);
}

static int ask_persistent(struct guest *guest, void *data)
{
	(void)data;
	return guest->persistent;
}

int virDomainIsPersistent(virDomainPtr domain)
{
	return about(domain, false, ask_persistent, NULL);
}

static int ask_image(struct guest *guest, void *data)
{
	(void)data;
	return guest->saved;
}

int virDomainHasManagedSaveImage(virDomainPtr domain, unsigned int flags)
{
	(void)flags;
	return about(domain, false, ask_image, NULL);
}

struct dump {
	bool live;
	char *xml;
};

static int ask_xml(struct guest *guest, void *data)
{
	struct dump *dump = data;

	if (guest->broken)
		return refuse(VIR_ERR_XML_ERROR, "(domain_definition):9: Entity 'x' not defined");
	/* Of a domain that is off, the "live" XML is its config (all versions). */
	dump->xml = dump_guest(guest, dump->live && guest->id >= 0);
	return 0;
}

char *virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
	struct dump dump = {!(flags & VIR_DOMAIN_XML_INACTIVE), NULL};

	if (about(domain, libvirt_version >= LIBVIRT_11_3, ask_xml, &dump) < 0) {
		g_free(dump.xml);
		return NULL;
	}
	return dump.xml;
}

static int ask_image_xml(struct guest *guest, void *data)
{
	if (!guest->saved)
		return refuse(VIR_ERR_OPERATION_INVALID, "domain has no managed save image");
	*(char **)data = dump_image(guest);
	return 0;
}

char *virDomainManagedSaveGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
	char *xml = NULL;

	(void)flags;
	if (about(domain, false, ask_image_xml, &xml) < 0)
		return NULL;
	return xml;
}

static int do_image(struct guest *guest, void *data)
{
	const char *xml = data, *at = xml;
	guint count = 0;
	GPtrArray *image;

	if (!guest->saved)
		return refuse(VIR_ERR_OPERATION_INVALID, "domain has no managed save image");
	image = g_ptr_array_new_with_free_func(dev_free);
	while ((at = strstr(at, "<hostdev ")) && ++count)
		g_ptr_array_add(image, dev_read(at++));
	if (count != guest->image->len) {
		g_ptr_array_unref(image);
		return refuse(VIR_ERR_CONFIG_UNSUPPORTED, "Target domain device count differs");
	}
	for (guint i = 0; i < count; i++)
		((struct entry *)g_ptr_array_index(image, i))->foreign =
			((struct entry *)g_ptr_array_index(guest->image, i))->foreign;
	libvirt_acts++;
	libvirt_last_act = sim_now;
	trace("libvirt", "%s: image is edited", guest->name);
	g_ptr_array_unref(guest->image);
	guest->image = image;
	return 0;
}

int virDomainManagedSaveDefineXML(virDomainPtr domain, const char *xml, unsigned int flags)
{
	(void)flags;
	return about(domain, false, do_image, (void *)(uintptr_t)xml);
}

/* A change is libvirtd's to finish, also when who asked for it is gone meanwhile. */
struct change {
	struct guest *guest;
	char *text;
	bool live, done;
	int (*make)(struct guest *guest, const char *text, bool live);
	int result, code;
	char *words;
};

static void finish_change(void *data)
{
	struct change *change = data;
	struct guest *guest = change->guest;

	if (change->live && guest->id < 0)
		change->result = refuse(VIR_ERR_OPERATION_FAILED,
					"Unable to read from monitor: Connection reset by peer");
	else
		change->result = change->make(guest, change->text, change->live);
	if (change->result < 0) {
		change->code = virGetLastError()->code;
		change->words = g_strdup(virGetLastError()->message);
	}
	/* One that began meanwhile, with the guest anew, has a job of its own. */
	if (!guest->starting && !guest->leaving && !guest->arriving)
		end_job(guest);
	change->done = true;
	fiber_wake_all(change);
}

static int do_change(struct guest *guest, void *data)
{
	struct change *change = data;

	if (change->live && guest->id < 0)
		return refuse(VIR_ERR_OPERATION_INVALID, "domain is not running");
	if (!change->live && !guest->persistent)
		return refuse(VIR_ERR_OPERATION_INVALID,
			      "transient domains do not have any persistent config");
	/* The monitor takes its time, and the domain is busy meanwhile. */
	change->guest = guest;
	guest->holds_job = true;
	guest->job_since = sim_now;
	sim_at(change->live ? sim_between(1 * MS, 8 * MS) : sim_between(300, 900), finish_change,
	       change);
	while (!change->done)
		fiber_wait(change, 0);
	return change->result < 0 ? refuse(change->code, "%s", change->words) : change->result;
}

static int change(virDomainPtr domain, const char *text, unsigned int flags,
		  int (*make)(struct guest *guest, const char *text, bool live))
{
	/* Not on the stack of who may be killed in it. */
	struct change *change = g_new0(struct change, 1);

	change->text = g_strdup(text);
	change->live = (flags & VIR_DOMAIN_AFFECT_LIVE) != 0;
	change->make = make;
	return about(domain, true, do_change, change);
}

int virDomainAttachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags)
{
	return change(domain, xml, flags, guest_attach);
}

int virDomainDetachDeviceAlias(virDomainPtr domain, const char *alias, unsigned int flags)
{
	return change(domain, alias, flags, guest_detach_alias);
}

int virDomainDetachDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags)
{
	return change(domain, xml, flags, guest_detach_xml);
}

static int do_metadata(struct guest *guest, const char *text, bool live)
{
	struct wishes *wishes = live ? &guest->live_wishes : &guest->wishes;
	struct wishes now = {.since = sim_now};

	if (!read_wishes(text, &now))
		return refuse(VIR_ERR_INTERNAL_ERROR, "more tags than this world has room for");
	trace("libvirt", "%s: %s metadata is set: %s", guest->name, live ? "live" : "config", text);
	if (!live)
		program_wrote_tags(guest, wishes, &now);
	*wishes = now;
	guest->changed = sim_now;
	libvirt_tell_metadata(guest);
	return 0;
}

int virDomainSetMetadata(virDomainPtr domain, int type, const char *metadata, const char *key,
			 const char *uri, unsigned int flags)
{
	(void)type;
	(void)key;
	(void)uri;
	return change(domain, metadata ? metadata : "", flags, do_metadata);
}

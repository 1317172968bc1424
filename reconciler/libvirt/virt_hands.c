/* SPDX-License-Identifier: MIT */

/*
 * The hands that act through libvirt. LIVE and CONFIG are never asked for in one call (a detach of
 * both fails as a whole when one side lacks the device, and a live attach with CONFIG can overwrite
 * what somebody defines meanwhile: all versions), and a domain is never defined anew.
 */

#include "reconciler/libvirt/virt_reading.h"
#include "reconciler/libvirt/virt_removal.h"
#include "reconciler/libvirt/virt_hands.h"
#include "reconciler/libvirt/virt_connection.h"
#include "state/devices.h"
#include "state/devices_use.h"
#include "xmlutil/domain_xml.h"

#define REMOVAL_PATIENCE_USEC (10 * G_USEC_PER_SEC)

static void refuse(struct refusal *refusal, int code, const char *words)
{
	refusal->code = code;
	g_free(refusal->message);
	refusal->message = g_strdup(words);
}

static enum hand_reply refused(struct refusal *refusal, const struct trouble *trouble)
{
	refuse(refusal, trouble->code, trouble->words);
	return trouble->code == VIR_ERR_NO_DOMAIN ? HAND_GONE : HAND_REFUSED;
}

/* libvirt's last error. A domain that stopped meanwhile gets the code of many another thing, and
 * its words are in the daemon's language: so it is asked. */
static enum hand_reply refused_live(struct virt *virt, virDomainPtr domain, struct refusal *refusal)
{
	OWN(trouble) trouble = trouble_take(virt);
	enum hand_reply reply = refused(refusal, trouble);

	if (reply == HAND_REFUSED && !trouble->lost && CALL(virt, virDomainIsActive, domain) == 0)
		return HAND_GONE;
	return reply;
}

static enum hand_reply refused_config(struct refusal *refusal)
{
	OWN(trouble) trouble = trouble_take(NULL);

	return refused(refusal, trouble);
}

/* What a refused detach means: it may be out already. */
static enum hand_reply detach_refused(enum hand_reply reply, const struct refusal *refusal)
{
	if (reply != HAND_REFUSED)
		return reply;
	if (refusal->code == VIR_ERR_DEVICE_MISSING)
		return HAND_DONE;
	/* "no device found with alias" is INTERNAL_ERROR (all versions), like much else. */
	return refusal->code == VIR_ERR_INTERNAL_ERROR ? HAND_UNSURE : reply;
}

static enum hand_reply detach_live(struct virt *virt, virDomainPtr domain,
				   const struct action *action, struct refusal *refusal)
{
	OWN(trouble) trouble = NULL;
	OWN(virt_removal)
	removal = virt_removal_expect(virt, action->domain->uuid, action->alias, &trouble);

	if (!removal)
		return refused(refusal, trouble);
	if (CALL(virt, virDomainDetachDeviceAlias, domain, action->alias, VIR_DOMAIN_AFFECT_LIVE) <
	    0)
		return detach_refused(refused_live(virt, domain, refusal), refusal);

	switch (virt_removal_wait(removal, REMOVAL_PATIENCE_USEC)) {
	case REMOVAL_SEEN:
		return HAND_DONE;
	case REMOVAL_REFUSED:
		refuse(refusal, 0, "the guest refused to let the device go");
		return HAND_REFUSED;
	case REMOVAL_SILENT:
		break;
	}
	refuse(refusal, 0, "libvirt has not said within 10 s that the device is removed");
	return HAND_SILENT;
}

static enum hand_reply attach(struct virt *virt, virDomainPtr domain, const struct action *action,
			      bool live, struct refusal *refusal)
{
	g_autofree char *xml = domain_xml_write_hostdev(action);
	unsigned int flags = live ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;

	if (CALL(virt, virDomainAttachDeviceFlags, domain, xml, flags) == 0)
		return HAND_DONE;
	return live ? refused_live(virt, domain, refusal) : refused_config(refusal);
}

/* One that never had an alias goes by its XML. */
static int call_detach_config(struct virt *virt, virDomainPtr domain, const struct action *action)
{
	g_autofree char *xml = NULL;

	if (action->alias)
		return CALL(virt, virDomainDetachDeviceAlias, domain, action->alias,
			    VIR_DOMAIN_AFFECT_CONFIG);
	xml = domain_xml_write_hostdev(action);
	return CALL(virt, virDomainDetachDeviceFlags, domain, xml, VIR_DOMAIN_AFFECT_CONFIG);
}

static enum hand_reply detach_config(struct virt *virt, virDomainPtr domain,
				     const struct action *action, struct refusal *refusal)
{
	if (call_detach_config(virt, domain, action) == 0)
		return HAND_DONE;
	return detach_refused(refused_config(refusal), refusal);
}

/* libvirt's last error, about a managed save image: gone when the domain has been started. */
static enum hand_reply refused_image(struct virt *virt, virDomainPtr domain,
				     struct refusal *refusal)
{
	OWN(trouble) trouble = trouble_take(virt);
	enum hand_reply reply = refused(refusal, trouble);

	if (reply == HAND_REFUSED && !trouble->lost &&
	    CALL(virt, virDomainHasManagedSaveImage, domain, 0) == 0)
		return HAND_GONE;
	return reply;
}

static enum hand_reply edit_image(struct virt *virt, virDomainPtr domain,
				  const struct action *action, struct refusal *refusal)
{
	g_autofree char *err = NULL;
	/* With the passwords: what is written back without them would have lost them. */
	g_autofree char *image = CALL(virt, virDomainManagedSaveGetXMLDesc, domain,
				      VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);

	if (!image)
		return refused_image(virt, domain, refusal);

	g_autofree char *edited = domain_xml_edit_image(image, action, &err);
	if (!edited) {
		refuse(refusal, 0, err);
		return HAND_REFUSED;
	}
	if (CALL(virt, virDomainManagedSaveDefineXML, domain, edited, 0) == 0)
		return HAND_DONE;
	return refused_image(virt, domain, refusal);
}

/*
 * Then a call about its devices waits for 30 s and fails, whichever side it is about (9.0.0 to
 * 12.8), and when a guest stays after all nothing says so: hence it is asked, right before. On the
 * host that it comes to, statistics of the job are refused.
 */
static bool is_migrating(void *self, const struct domain *of)
{
	struct virt *virt = self;
	g_autoptr(virDomain) domain = virt_domain(virt, of->uuid);
	virTypedParameterPtr parameters = NULL;
	int type = VIR_DOMAIN_JOB_NONE, count = 0, operation = 0;

	if (!domain)
		return false;
	if (CALL(virt, virDomainGetJobStats, domain, &type, &parameters, &count, 0) < 0) {
		OWN(trouble) trouble = trouble_take(virt);

		return trouble->code == VIR_ERR_OPERATION_INVALID &&
		       CALL(virt, virDomainIsActive, domain) == 1;
	}
	virTypedParamsGetInt(parameters, count, VIR_DOMAIN_JOB_OPERATION, &operation);
	virTypedParamsFree(parameters, count);
	return type != VIR_DOMAIN_JOB_NONE && operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT;
}

static enum hand_reply act(void *self, const struct action *action, struct refusal *refusal)
{
	struct virt *virt = self;
	g_autoptr(virDomain) domain = virt_domain(virt, action->domain->uuid);

	if (!domain)
		return refused_config(refusal);

	switch (action->kind) {
	case ACTION_DETACH_LIVE:
		return detach_live(virt, domain, action, refusal);
	case ACTION_ATTACH_LIVE:
		return attach(virt, domain, action, true, refusal);
	case ACTION_DETACH_CONFIG:
		return detach_config(virt, domain, action, refusal);
	case ACTION_ATTACH_CONFIG:
		return attach(virt, domain, action, false, refusal);
	case ACTION_EDIT_IMAGE:
		return edit_image(virt, domain, action, refusal);
	}
	g_assert_not_reached();
}

static char *dump_side(struct virt *virt, virDomainPtr domain, enum domain_side side)
{
	switch (side) {
	case SIDE_LIVE:
		return CALL(virt, virDomainGetXMLDesc, domain, 0);
	case SIDE_CONFIG:
		return CALL(virt, virDomainGetXMLDesc, domain, VIR_DOMAIN_XML_INACTIVE);
	case SIDE_IMAGE:
		return CALL(virt, virDomainManagedSaveGetXMLDesc, domain, 0);
	}
	g_assert_not_reached();
}

static int parse_side(const char *xml, enum domain_side side, struct domain *domain, char **err)
{
	g_autoptr(GPtrArray) unneeded = problem_list_new();

	switch (side) {
	case SIDE_LIVE:
		return domain_xml_read_live(xml, domain, err);
	case SIDE_CONFIG:
		return domain_xml_read_config(xml, false, domain, unneeded, err);
	case SIDE_IMAGE:
		return domain_xml_read_image(xml, domain, err);
	}
	g_assert_not_reached();
}

static enum hand_reply reread(void *self, const struct action *action, struct domain **ret_domain,
			      struct refusal *refusal)
{
	struct virt *virt = self;
	enum domain_side side = action_side(action->kind);
	g_autofree char *err = NULL;
	g_autoptr(virDomain) domain = virt_domain(virt, action->domain->uuid);
	g_autofree char *xml = domain ? dump_side(virt, domain, side) : NULL;

	if (!xml) {
		return domain && side == SIDE_IMAGE ? refused_image(virt, domain, refusal)
						    : refused_config(refusal);
	}
	if (side == SIDE_LIVE && !virt_xml_is_live(xml))
		return HAND_GONE;

	OWN(domain) read = domain_new(action->domain->name, action->domain->uuid);
	if (parse_side(xml, side, read, &err) < 0) {
		refuse(refusal, 0, err);
		return HAND_REFUSED;
	}
	*ret_domain = g_steal_pointer(&read);
	return HAND_DONE;
}

static int still_is(void *self G_GNUC_UNUSED, const struct device *device)
{
	return devices_still_is(device);
}

static char *used(void *self G_GNUC_UNUSED, const struct device *device, bool claimed)
{
	return devices_use_now(device, claimed);
}

void virt_hands_init(struct virt *virt)
{
	virt->hands = (struct hands){.self = virt,
				     .act = act,
				     .reread = reread,
				     .is_migrating = is_migrating,
				     .still_is = still_is,
				     .used = used};
}

const struct hands *virt_hands(struct virt *virt)
{
	return &virt->hands;
}

/* SPDX-License-Identifier: MIT */

#include "reconciler/virt_tags.h"

#include "reconciler/virt_internal.h"
#include "state/tag.h"

struct side {
	struct virt *virt;
	virDomainPtr domain;
	unsigned int read_flags;
	unsigned int write_flags;
};

static char *take_words(void)
{
	OWN(trouble) trouble = trouble_take();

	return g_steal_pointer(&trouble->words);
}

/* Not virDomainGetMetadata(): see virt_read.c. */
static char *read_side(void *self, char **err)
{
	const struct side *side = self;
	char *xml = CALL(side->virt, virDomainGetXMLDesc, side->domain, side->read_flags);

	if (!xml)
		*err = take_words();
	return xml;
}

static int write_side(void *self, const char *set, const char *key, char **err)
{
	const struct side *side = self;

	if (CALL(side->virt, virDomainSetMetadata, side->domain, VIR_DOMAIN_METADATA_ELEMENT, set,
		 set ? key : NULL, TAG_NAMESPACE, side->write_flags) == 0)
		return 0;
	*err = take_words();
	return -1;
}

/* The running domain's copy is what the config has now, not an edit of what it was: it follows the
 * config at the next start anyway, and `virsh edit` may have changed that alone. */
static void follow(struct side *side, const struct metadata_edit *config, char **err)
{
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	OWN(metadata_edit) live = NULL;
	g_autofree char *unneeded = NULL;
	g_autofree char *xml = read_side(side, err);

	if (!xml || (config->xml && !config->set))
		return;
	if (metadata_edit(xml, nothing, &live, &unneeded) == 0 &&
	    g_strcmp0(live->set, config->set) == 0 && g_strcmp0(live->xml, config->xml) == 0)
		return;
	write_side(side, config->set, config->key, err);
}

enum edit_reply virt_edit_tags(struct virt *virt, const struct domain *domain,
			       const GPtrArray *changes, bool write,
			       struct metadata_edit **ret_edit, char **err)
{
	g_autoptr(virDomain) handle = virt_domain(virt, domain->uuid);
	struct side config = {virt, handle, VIR_DOMAIN_XML_INACTIVE, VIR_DOMAIN_AFFECT_CONFIG};
	struct side live = {virt, handle, 0, VIR_DOMAIN_AFFECT_LIVE};
	const struct edit_hands hands = {
		.self = domain->persistent ? &config : &live,
		.read = read_side,
		.write = write_side,
	};
	enum edit_reply reply;

	if (!handle) {
		*err = take_words();
		return EDIT_FAILED;
	}
	reply = edit_side(&hands, changes, write, ret_edit, err);
	if (reply == EDIT_DONE && write && domain->persistent && domain->running)
		follow(&live, *ret_edit, err);
	return reply;
}

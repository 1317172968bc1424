/* SPDX-License-Identifier: MIT */

#include "reconciler/libvirt/virt_tags.h"

#include "reconciler/libvirt/virt_connection.h"
#include "state/tag.h"

struct side {
	struct virt_tags *tags; /* NULL: the domain has no such side */
	unsigned int read_flags;
	unsigned int write_flags;
	struct tag_hands hands;
};

struct virt_tags {
	struct virt *virt;
	virDomainPtr handle;
	struct side config;
	struct side live;
};

static char *take_words(void)
{
	OWN(trouble) trouble = trouble_take(NULL);

	return g_steal_pointer(&trouble->words);
}

/* The whole XML, not virDomainGetMetadata(): the comment at virt_reading_dump() says why. */
static char *read_side(void *self, char **err)
{
	const struct side *side = self;
	const struct virt_tags *tags = side->tags;
	char *xml = CALL(tags->virt, virDomainGetXMLDesc, tags->handle, side->read_flags);

	if (!xml)
		*err = take_words();
	return xml;
}

static int write_side(void *self, const char *set, const char *key, char **err)
{
	const struct side *side = self;
	const struct virt_tags *tags = side->tags;

	if (CALL(tags->virt, virDomainSetMetadata, tags->handle, VIR_DOMAIN_METADATA_ELEMENT, set,
		 set ? key : NULL, TAG_NAMESPACE, side->write_flags) == 0)
		return 0;
	*err = take_words();
	return -1;
}

static void open_side(struct side *side, struct virt_tags *tags, unsigned int read_flags,
		      unsigned int write_flags)
{
	side->tags = tags;
	side->read_flags = read_flags;
	side->write_flags = write_flags;
	side->hands = (struct tag_hands){.self = side, .read = read_side, .write = write_side};
}

struct virt_tags *virt_tags_open(struct virt *virt, const struct domain *domain, char **err)
{
	virDomainPtr handle = virt_domain(virt, domain->uuid);
	struct virt_tags *tags;

	if (!handle) {
		*err = take_words();
		return NULL;
	}
	tags = g_new0(struct virt_tags, 1);
	tags->virt = virt;
	tags->handle = handle;
	if (domain->persistent)
		open_side(&tags->config, tags, VIR_DOMAIN_XML_INACTIVE, VIR_DOMAIN_AFFECT_CONFIG);
	if (domain->running)
		open_side(&tags->live, tags, 0, VIR_DOMAIN_AFFECT_LIVE);
	return tags;
}

void virt_tags_free(struct virt_tags *tags)
{
	virDomainFree(tags->handle);
	g_free(tags);
}

const struct tag_hands *virt_tags_config(const struct virt_tags *tags)
{
	return tags->config.tags ? &tags->config.hands : NULL;
}

const struct tag_hands *virt_tags_live(const struct virt_tags *tags)
{
	return tags->live.tags ? &tags->live.hands : NULL;
}

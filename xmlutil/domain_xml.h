/* SPDX-License-Identifier: MIT */
#pragma once

/* libvirt's domain XML, as far as it concerns us. Reading takes any document; writing makes one
 * hostdev at a time. */

#include <glib.h>

#include "state/domain.h"
#include "state/plan.h"
#include "state/problem.h"
#include "state/route.h"

/*
 * The persistent (inactive) XML of a domain, or the live XML of a transient one: fills
 * domain->config (or ->live and ->uses, as TRANSIENT says), ->other_aliases, ->tags and ->metadata,
 * and which ports the guest has; line numbers are those of the document, as `virsh edit` shows
 * them. 0, or -1 with *err when the document cannot be parsed: then ->metadata is METADATA_UNREAD,
 * and the hostdevs are what a lenient second reading still found.
 */
int domain_xml_read_config(const char *xml, bool transient, struct domain *domain,
			   GPtrArray *problems, char **err);

/* The live XML: fills domain->live, ->live_ports, ->uses and ->other_aliases. The same return and
 * leniency. */
int domain_xml_read_live(const char *xml, struct domain *domain, char **err);

/* A managed save image's XML: fills domain->image. The same return. */
int domain_xml_read_image(const char *xml, struct domain *domain, char **err);

struct _xmlNode;

/*
 * What a document says that may be of another host or time, as it comes out of a save file or over
 * the wire: a new domain with its name and UUID, its hostdevs in ->live, and its tags. ROOT: for
 * the files of xmlutil/ only, the root of such a document.
 */
struct domain *domain_xml_read_alone(const struct _xmlNode *root, GPtrArray *problems);

/*
 * The <hostdev> that ACTION attaches: vendor, product, bus, device, alias, guest address,
 * guestReset and what else its hostdev had; startupPolicy='optional' for the config, none live.
 * Also, for an ACTION_DETACH_CONFIG without alias, the XML that names its hostdev. Returns a new
 * string.
 */
char *domain_xml_write_hostdev(const struct action *action);

/*
 * An ACTION_EDIT_IMAGE (without a device: 'optional', and an address that nothing has): the image's
 * XML with the one hostdev that carries the alias changed, all else as it was. Returns a new
 * string, or NULL with *err.
 */
char *domain_xml_edit_image(const char *xml, const struct action *action, char **err);

/*
 * Such a document with those of its USB hostdevs that DECIDE names (a new array of struct route, in
 * their order) pointing where it says, and optional; all else as it was. *ret_xml is a new string,
 * or NULL when there is nothing to change. 0, or -1 with *err: it cannot be parsed, or is not a
 * <domain>.
 */
typedef GArray *(*domain_xml_decide)(const struct domain *domain, void *data);
int domain_xml_reroute(const char *xml, domain_xml_decide decide, void *data, char **ret_xml,
		       char **err);

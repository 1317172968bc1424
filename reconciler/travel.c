/* SPDX-License-Identifier: MIT */
#include "reconciler/travel.h"

#include "xmlutil/domain_xml.h"

struct travel {
	const GPtrArray *devices;
	enum reroute_way way;
	GPtrArray *problems; /* or NULL */
};

static GArray *decide(const struct domain *domain, void *data)
{
	const struct travel *travel = data;
	GArray *routes = reroute_plan(domain, travel->devices, travel->way);

	if (travel->problems)
		reroute_warnings(domain, routes, travel->problems);
	return routes;
}

int travel_rewrite(const char *xml, const GPtrArray *devices, enum reroute_way way,
		   GPtrArray *problems, char **ret_xml, char **err)
{
	struct travel travel = {devices, way, problems};

	return domain_xml_reroute(xml, decide, &travel, ret_xml, err);
}

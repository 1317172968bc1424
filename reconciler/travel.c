/* SPDX-License-Identifier: MIT */
#include "reconciler/travel.h"

#include "xmlutil/domain_xml.h"

int travel_rewrite(const char *xml, const GPtrArray *devices, enum reroute_from from,
		   GPtrArray *problems, char **ret_xml, char **err)
{
	g_autoptr(GPtrArray) complaints = problem_list_new();
	g_autoptr(GArray) routes = NULL;
	OWN(domain) domain = NULL;

	*ret_xml = NULL;
	if (domain_xml_read_alone(xml, &domain, complaints, err) != 0)
		return -1;
	routes = reroute_plan(domain, devices, from);
	if (problems)
		reroute_warnings(domain, routes, problems);
	return routes->len > 0 ? domain_xml_reroute(xml, routes, ret_xml, err) : 0;
}

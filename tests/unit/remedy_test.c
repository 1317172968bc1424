/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reconciler/core/remedy.h"

static void expect(const char *words, const char *part)
{
	OWN(domain) domain = domain_new("g1", "uuid");
	g_autofree char *remedy = remedy_for(words, domain, "ua-usbr-a");

	if (!part)
		assert_null(remedy);
	else
		assert_non_null(strstr(remedy, part));
}

/* The words as libvirt 9.0.0 has them. */
static void what_does_not_pass_by_itself_has_a_remedy(void **state)
{
	(void)state;
	expect("internal error: unable to execute QEMU command 'device_add': Duplicate device ID "
	       "'ua-usbr-a'",
	       "qemu-monitor-command g1 --hmp device_del ua-usbr-a");
	expect("internal error: No free USB ports", "ports='15'");
	expect("Device configuration is not compatible: Domain has no USB bus support",
	       "needs a USB controller");
	expect("internal error: unable to execute QEMU command 'device_add': failed to open host "
	       "usb device /dev/bus/usb/001/007",
	       "/var/log/libvirt/qemu/g1.log");
}

static void other_words_speak_for_themselves(void **state)
{
	(void)state;
	expect(NULL, NULL);
	expect("internal error: Did not find USB device 9999:0003 bus:1 device:46", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_pass_by_itself_has_a_remedy),
		cmocka_unit_test(other_words_speak_for_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

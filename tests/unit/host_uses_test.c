/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "xml_result.h"

static void assert_use(const GPtrArray *uses, guint i, const char *by, const char *what)
{
	const struct domain_use *use;

	assert_true(i < uses->len);
	use = g_ptr_array_index(uses, i);
	assert_string_equal(use->by, by);
	assert_string_equal(use->what, what);
}

static const char user[] =
	"<domain type='kvm' id='1' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
	"<devices>"
	"<emulator>/dev/shm/qemu</emulator>"
	"<disk type='block'><source dev='/dev/disk/by-id/usb-x-part1' index='1'/>"
	"<backingStore type='block'><source dev='/dev/sdb'/></backingStore>"
	"<target dev='vda'/></disk>"
	"<disk type='file'><source file='/srv/dev/x.img'/></disk>"
	"<interface type='direct'><source dev='enx0' mode='bridge'/><target dev='macvtap0'/>"
	"</interface>"
	"<interface type='bridge'><source bridge='br0'/></interface>"
	"<serial type='dev'><source path='/dev/ttyUSB0'/></serial>"
	"<console type='dev'><source path='/dev/ttyUSB0'/></console>"
	"<input type='evdev'><source dev='/dev/input/event5' grab='all'/></input>"
	"<rng model='virtio'><backend model='random'>/dev/ttyACM0</backend></rng>"
	"<hostdev mode='subsystem' type='usb'><source><address bus='1' device='5'/></source>"
	"</hostdev>"
	"</devices>"
	"<qemu:commandline><qemu:arg value='-device'/>"
	"<qemu:arg value='usb-host,hostbus=1,hostaddr=5'/>"
	"<qemu:arg value='-drive'/><qemu:arg value='file=/dev/sdc,if=none'/>"
	"<qemu:env name='X' value='/dev/sdd'/>"
	"</qemu:commandline></domain>";

static void what_a_guest_has_of_the_host_is_found_wherever_it_stands(void **state)
{
	RESULT result = result_new();
	const GPtrArray *uses = result.domain->uses;
	char *err = NULL;

	(void)state;
	assert_int_equal(domain_xml_read_config(user, false, result.domain, result.problems, &err),
			 0);
	assert_int_equal(uses->len, 0);
	assert_int_equal(domain_xml_read_live(user, result.domain, &err), 0);
	assert_use(uses, 0, "disk", "/dev/disk/by-id/usb-x-part1");
	assert_use(uses, 1, "disk", "/dev/sdb");
	assert_use(uses, 2, "interface", "enx0");
	assert_use(uses, 3, "serial", "/dev/ttyUSB0");
	assert_use(uses, 4, "input", "/dev/input/event5");
	assert_use(uses, 5, "rng", "/dev/ttyACM0");
	assert_use(uses, 6, "qemu:commandline", "usb-host,hostbus=1,hostaddr=5");
	assert_use(uses, 7, "qemu:commandline", "/dev/sdc");
	assert_int_equal(uses->len, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_guest_has_of_the_host_is_found_wherever_it_stands),
	};

	return cmocka_run_group_tests_name("host_uses", tests, NULL, NULL);
}

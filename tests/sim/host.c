/* SPDX-License-Identifier: MIT */

/*
 * The host's USB: what is plugged in where, what the kernel and udev make of it, and who on the
 * host uses it. A device gets a new number at each plug; numbers come again when a bus counts
 * round or a controller is rebound.
 */

#include "sim.h"

#include <string.h>

struct gadget host_gadgets[] = {
	{"twin-a", 0x0403, 0x6001, "A1", "FT232", "ftdi_sio", .socket = -1},
	{"twin-b", 0x0403, 0x6001, "B2", "FT232", "ftdi_sio", .socket = -1},
	{"ups", 0x051d, 0x0002, NULL, "Back-UPS", NULL, .socket = -1},
	{"stick", 0x0781, 0x5567, "4C53", "Cruzer", "usb-storage", .disk = true, .socket = -1},
	{"camera", 0x046d, 0x0825, "CAM7", "Webcam", "uvcvideo", .super = true, .socket = -1},
	{"nameless-a", 0x1a86, 0x7523, NULL, "CH340", "ch341", .socket = -1},
	{"nameless-b", 0x1a86, 0x7523, NULL, "CH340", "ch341", .socket = -1},
	{"oddity", 0x0000, 0x1234, "Z0", "No vendor", NULL, .socket = -1},
	{"hub", 0x05e3, 0x0610, NULL, "Hub", "hub", .hub = true, .socket = -1},
	{"nic", 0x0bda, 0x8153, "N1", "RTL8153", "r8152", .super = true, .socket = -1},
	{"stranger", 0x1234, 0xbeef, "S9", "Nobody's", NULL, .socket = -1},
};
unsigned int host_gadget_count = G_N_ELEMENTS(host_gadgets);

/*
 * The last one is the USB 3 half of the fourth: the halves of a dock's hub number their ports
 * alike, and the kernel pairs them although different chips are soldered there.
 */
#define HUB 8
struct socket host_sockets[] = {
	{"0000:00:14.0", 1, "1", -1, -1, false},    {"0000:00:14.0", 1, "2", -1, -1, false},
	{"0000:00:14.0", 1, "3", -1, -1, false},    {"0000:00:14.0", 1, "4", -1, -1, false},
	{"0000:00:14.0", 1, "5", -1, -1, false},    {"0000:00:14.0", 1, "5.1", HUB, -1, false},
	{"0000:00:14.0", 1, "5.2", HUB, -1, false}, {"0000:03:00.0", 3, "1", -1, -1, false},
	{"0000:03:00.0", 3, "2", -1, -1, false},    {"0000:00:14.0", 1, "4", -1, -1, true},
};
unsigned int host_socket_count = G_N_ELEMENTS(host_sockets);

#define HUB_SOCKET 4
#define BUSES      5

static unsigned int next_number[BUSES];
static unsigned int last_freed[BUSES];
static uint64_t incarnations;

static void write_file(const char *directory, const char *name, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
static void write_file(const char *directory, const char *name, const char *format, ...)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *text = NULL;
	va_list values;

	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	vfs_write(path, text);
}

/* Under /sys/bus/usb/devices all devices and interfaces are linked. */
static void link_on_bus(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *link = g_strconcat("/sys/bus/usb/devices/", name, NULL);
	g_autofree char *target = g_strconcat("../../..", path + strlen("/sys"), NULL);

	vfs_link(link, target);
}

static void write_uevent(const char *path, unsigned int bus, unsigned int dev, unsigned int vendor,
			 unsigned int product, bool hub)
{
	write_file(path, "uevent",
		   "MAJOR=189\nMINOR=%u\nDEVNAME=bus/usb/%03u/%03u\nDEVTYPE=usb_device\n"
		   "PRODUCT=%x/%x/100\nTYPE=%d/0/1\nBUSNUM=%03u\nDEVNUM=%03u\n",
		   bus * 128 + dev, bus, dev, vendor, product, hub ? 9 : 0, bus, dev);
	link_on_bus(path);
}

static char *root_hub(const struct socket *socket, bool super)
{
	return g_strdup_printf("/sys/devices/pci0000:00/%s/usb%u", socket->controller,
			       socket->bus + super);
}

static void add_root_hub(const struct socket *socket, bool super)
{
	g_autofree char *path = root_hub(socket, super);

	write_file(path, "busnum", "%u", socket->bus + super);
	write_file(path, "devnum", "1");
	write_file(path, "idVendor", "1d6b");
	write_file(path, "idProduct", super ? "0003" : "0002");
	write_file(path, "bDeviceClass", "09");
	write_file(path, "speed", super ? "5000" : "480");
	write_uevent(path, socket->bus + super, 1, 0x1d6b, super ? 3 : 2, true);
	udev_says("boot", path, "usb_device");
}

void host_boot(void)
{
	vfs_clear();
	incarnations = 0;
	for (unsigned int i = 0; i < BUSES; i++) {
		next_number[i] = 2;
		last_freed[i] = 0;
	}
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		host_gadgets[i].socket = -1;
		host_gadgets[i].incarnation = 0;
		host_gadgets[i].known = false;
		host_gadgets[i].use = USE_NONE;
	}
	for (unsigned int i = 0; i < host_socket_count; i++)
		host_sockets[i].gadget = -1;
	vfs_write("/proc/meminfo", "");
	vfs_write("/proc/self/mountinfo", "");
	vfs_write("/proc/swaps", "Filename Type Size Used Priority\n");
	add_root_hub(&host_sockets[0], false);
	add_root_hub(&host_sockets[0], true);
	add_root_hub(&host_sockets[7], false);
	add_root_hub(&host_sockets[7], true);
}

const char *host_port(const struct gadget *gadget)
{
	static char text[64];
	const struct socket *socket = &host_sockets[gadget->socket];

	g_snprintf(text, sizeof(text), "pci-%s-usb-0:%s", socket->controller, socket->chain);
	return text;
}

struct gadget *host_at(unsigned int bus, unsigned int dev)
{
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		struct gadget *gadget = &host_gadgets[i];

		if (gadget->incarnation && gadget->bus == bus && gadget->dev == dev)
			return gadget;
	}
	return NULL;
}

static void set_driver(const struct gadget *gadget, const char *driver)
{
	g_autofree char *interface = g_strdup_printf("%s/%s:1.0", gadget->syspath, gadget->sysname);
	g_autofree char *link = g_build_filename(interface, "driver", NULL);
	g_autofree char *target = g_strconcat("../drivers/", driver ? driver : "", NULL);

	write_file(interface, "bInterfaceClass", "ff");
	link_on_bus(interface);
	vfs_remove(link);
	if (driver)
		vfs_link(link, target);
	udev_says(driver ? "bind" : "unbind", interface, "usb_interface");
}

static void write_mounts(void)
{
	g_autoptr(GString) mounts = g_string_new("");
	g_autoptr(GString) swaps = g_string_new("Filename Type Size Used Priority\n");

	for (unsigned int i = 0; i < host_gadget_count; i++) {
		if (host_gadgets[i].use == USE_MOUNT)
			g_string_append_printf(mounts, "36 35 8:%u / /mnt rw - vfat /dev/sd%c rw\n",
					       16 * i, 'a' + i);
		if (host_gadgets[i].use == USE_SWAP)
			g_string_append_printf(swaps, "/dev/sd%c partition 1 0 -2\n", 'a' + i);
	}
	vfs_write("/proc/self/mountinfo", mounts->str);
	vfs_write("/proc/swaps", swaps->str);
}

static char *block_link(const struct gadget *gadget)
{
	return g_strdup_printf("/sys/class/block/sd%c", (char)('a' + (gadget - host_gadgets)));
}

static void add_disk(struct gadget *gadget)
{
	g_autofree char *link = block_link(gadget);
	g_autofree char *path =
		g_strdup_printf("%s/%s:1.0/host0/block/%s", gadget->syspath, gadget->sysname,
				link + strlen("/sys/class/block/"));
	g_autofree char *target = g_strconcat("../..", path + strlen("/sys"), NULL);

	write_file(path, "dev", "8:%u", 16 * (unsigned int)(gadget - host_gadgets));
	vfs_link(link, target);
}

static void remove_disk(struct gadget *gadget)
{
	g_autofree char *link = block_link(gadget);
	g_autofree char *below =
		g_strdup_printf("%s/%s:1.0/host0", gadget->syspath, gadget->sysname);

	vfs_remove(link);
	vfs_remove(below);
	gadget->use = USE_NONE;
	write_mounts();
}

void host_use(unsigned int index, enum host_use use)
{
	struct gadget *gadget = &host_gadgets[index];
	g_autofree char *link = block_link(gadget);

	if (!gadget->disk || !gadget->incarnation || (use != USE_NONE && !vfs_target(link)))
		return;
	trace("host", "%s is %s", gadget->name,
	      use == USE_NONE    ? "no longer used"
	      : use == USE_MOUNT ? "mounted"
				 : "swapped to");
	gadget->use = use;
	gadget->use_since = sim_now;
	write_mounts();
}

struct arrival {
	struct gadget *gadget;
	uint64_t incarnation;
};

static void bind_driver(void *data)
{
	struct arrival *arrival = data;
	struct gadget *gadget = arrival->gadget;

	/* What a guest holds is not bound. */
	if (gadget->incarnation == arrival->incarnation && gadget->driver && !gadget->claimed) {
		set_driver(gadget, gadget->driver);
		if (gadget->disk)
			add_disk(gadget);
	}
	g_free(arrival);
}

static void udev_is_done(void *data)
{
	struct arrival *arrival = data;
	struct gadget *gadget = arrival->gadget;

	if (gadget->incarnation == arrival->incarnation) {
		gadget->known = true;
		gadget->since = sim_now;
		udev_says("add", gadget->syspath, "usb_device");
	}
	g_free(arrival);
}

static void later(struct gadget *gadget, uint64_t after, void (*work)(void *data))
{
	struct arrival *arrival = g_new0(struct arrival, 1);

	*arrival = (struct arrival){gadget, gadget->incarnation};
	sim_at(after, work, arrival);
}

static void write_gadget(const struct gadget *gadget)
{
	const struct socket *socket = &host_sockets[gadget->socket];
	const char *path = gadget->syspath;
	g_autofree char *peer = NULL;
	g_autofree char *target = NULL;

	write_file(path, "busnum", "%u", gadget->bus);
	write_file(path, "devnum", "%u", gadget->dev);
	write_file(path, "idVendor", "%04x", gadget->vendor);
	write_file(path, "idProduct", "%04x", gadget->product);
	write_file(path, "bDeviceClass", gadget->hub ? "09" : "00");
	write_file(path, "speed", gadget->super ? "5000" : "480");
	write_file(path, "authorized", "1");
	write_file(path, "product", "%s", gadget->product_name);
	write_uevent(path, gadget->bus, gadget->dev, gadget->vendor, gadget->product, gadget->hub);
	if (gadget->serial)
		write_file(path, "serial", "%s", gadget->serial);
	if (socket->hub >= 0)
		return;
	peer = g_strdup_printf("%s/port/peer", path);
	target = g_strdup_printf("x/usb%u-port%s", socket->bus + !gadget->super, socket->chain);
	vfs_link(peer, target);
}

static char *syspath_of(const struct socket *socket, bool super)
{
	g_autofree char *root = root_hub(socket, super);

	if (socket->hub < 0)
		return g_strdup_printf("%s/%u-%s", root, socket->bus + super, socket->chain);
	return g_strdup_printf("%s/%u-%s", host_gadgets[socket->hub].syspath, socket->bus,
			       socket->chain);
}

/* Is that half of the socket another device's? */
static bool is_full(unsigned int where, bool super)
{
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		const struct gadget *other = &host_gadgets[i];
		const struct socket *socket = &host_sockets[where];

		if (!other->incarnation || host_sockets[other->socket].bus != socket->bus ||
		    strcmp(host_sockets[other->socket].chain, socket->chain) != 0)
			continue;
		if (other->bus == socket->bus + super)
			return true;
	}
	return false;
}

void host_plug(unsigned int index, unsigned int where, bool same_number)
{
	struct gadget *gadget = &host_gadgets[index];
	struct socket *socket = &host_sockets[where];
	bool super = gadget->super && socket->hub < 0;

	if (gadget->incarnation || socket->gadget >= 0 ||
	    (socket->hub >= 0 && host_gadgets[socket->hub].socket != HUB_SOCKET) ||
	    (gadget->hub && where != HUB_SOCKET) || (socket->super && !gadget->super) ||
	    is_full(where, super))
		return;
	socket->gadget = (int)index;
	gadget->socket = (int)where;
	gadget->bus = socket->bus + super;
	if (same_number && last_freed[gadget->bus] &&
	    !host_at(gadget->bus, last_freed[gadget->bus]))
		gadget->dev = last_freed[gadget->bus];
	else
		do {
			gadget->dev = next_number[gadget->bus]++;
			if (next_number[gadget->bus] > 20)
				next_number[gadget->bus] = 2;
		} while (host_at(gadget->bus, gadget->dev));
	gadget->incarnation = ++incarnations;
	gadget->claimed = false;
	gadget->known = false;
	gadget->since = sim_now;
	g_free(gadget->syspath);
	g_free(gadget->sysname);
	gadget->syspath = syspath_of(socket, super);
	gadget->sysname = g_path_get_basename(gadget->syspath);
	trace("host", "%s is plugged in at %s, %u:%u", gadget->name, gadget->sysname, gadget->bus,
	      gadget->dev);
	write_gadget(gadget);
	later(gadget, sim_between(20 * MS, 200 * MS), bind_driver);
	later(gadget, sim_between(60 * MS, 500 * MS), udev_is_done);
}

static void say_removed(void *data)
{
	char *syspath = data;

	udev_says("remove", syspath, "usb_device");
	g_free(syspath);
}

static void remove_from_bus(const struct gadget *gadget)
{
	g_autofree char *link = g_strconcat("/sys/bus/usb/devices/", gadget->sysname, NULL);
	g_autofree char *interface = g_strconcat(link, ":1.0", NULL);

	g_autofree char *entry =
		g_strdup_printf("/run/udev/data/c189:%u", gadget->bus * 128 + gadget->dev);

	vfs_remove(link);
	vfs_remove(interface);
	vfs_remove(entry);
}

void host_unplug(unsigned int index)
{
	struct gadget *gadget = &host_gadgets[index];

	if (!gadget->incarnation)
		return;
	for (unsigned int i = 0; i < host_socket_count && gadget->hub; i++) {
		if (host_sockets[i].hub == (int)index && host_sockets[i].gadget >= 0)
			host_unplug((unsigned int)host_sockets[i].gadget);
	}
	trace("host", "%s is unplugged from %s", gadget->name, gadget->sysname);
	if (gadget->disk)
		remove_disk(gadget);
	host_sockets[gadget->socket].gadget = -1;
	last_freed[gadget->bus] = gadget->dev;
	gadget->socket = -1;
	gadget->incarnation = 0;
	gadget->known = false;
	gadget->since = sim_now;
	vfs_remove(gadget->syspath);
	remove_from_bus(gadget);
	sim_at(sim_between(5 * MS, 60 * MS), say_removed, g_strdup(gadget->syspath));
}

/* QEMU takes all interfaces from the host's drivers, and they come back when it lets go: it resets
 * the device then. */
void host_claim(struct gadget *gadget, bool by_guest)
{
	gadget->claimed = by_guest;
	if (by_guest) {
		if (gadget->disk && gadget->use != USE_NONE)
			trace("host", "%s is torn from the host", gadget->name);
		if (gadget->disk)
			remove_disk(gadget);
		set_driver(gadget, "usbfs");
		return;
	}
	set_driver(gadget, NULL);
	later(gadget, sim_between(30 * MS, 300 * MS), bind_driver);
}

/* SPDX-License-Identifier: MIT */

/* What goes wrong with libvirt and the daemon, and what people ask of it. */

#include "people.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reconciler/system/wire.h"

/* ---- libvirt ---- */

static void note_trouble(uint64_t usec)
{
	check_trouble_until = MAX(check_trouble_until, sim_now + usec + 40 * SEC);
}

void trouble_restart_libvirt(void)
{
	note_trouble(30 * SEC);
	libvirt_restart();
}

void trouble_break_connection(void)
{
	note_trouble(10 * SEC);
	libvirt_break();
}

void trouble_end_hang(void *data)
{
	(void)data;
	if (libvirt_hangs)
		trace("libvirt", "libvirtd answers again");
	libvirt_hangs = false;
	fiber_wake_all(&libvirt_hangs);
}

void trouble_hang_libvirt(void)
{
	uint64_t length = people_throw(30) * SEC + SEC;

	trace("libvirt", "libvirtd hangs for %u s", (unsigned int)(length / SEC));
	note_trouble(length);
	libvirt_hangs = true;
	sim_at(length, trouble_end_hang, NULL);
}

static void end_chaos(void *data)
{
	(void)data;
	libvirt_chaos = 0;
}

void trouble_chaos(void)
{
	libvirt_chaos = 5 + people_throw(40);
	trace("libvirt", "%u%% of the calls fail", libvirt_chaos);
	note_trouble(30 * SEC);
	sim_at(people_throw(30) * SEC + SEC, end_chaos, NULL);
}

static void end_hold(void *data)
{
	struct guest *guest = data;

	trace("people", "%s is free again", guest->name);
	guest->holds_job = false;
	guest->job_until = sim_now;
	fiber_wake_all(&guest->holds_job);
}

/* A job of somebody else's: a backup, a guest that hangs in its monitor. */
void trouble_hold_job(void)
{
	struct guest *guest = people_any_guest();
	uint64_t length = people_throw(150) * SEC + SEC;

	if (guest->holds_job || guest->id < 0)
		return;
	trace("people", "%s is busy for %u s", guest->name, (unsigned int)(length / SEC));
	guest->holds_job = true;
	guest->job_since = sim_now;
	guest->job_until = sim_now + length;
	sim_at(length, end_hold, guest);
}

void trouble_break_xml(void)
{
	struct guest *guest = people_any_guest();

	guest->broken = !guest->broken;
	trace("people", "%s can%s be dumped", guest->name, guest->broken ? "not" : "");
	guest_edited(guest, true);
}

/* ---- the daemon ---- */

static void start_daemon(void *data)
{
	(void)data;
	program_start();
}

void trouble_kill_daemon(void)
{
	note_trouble(10 * SEC);
	program_kill();
	sim_at(people_throw(5) * SEC + 100 * MS, start_daemon, NULL);
}

/* Killed in one of its next calls, and started again when it has surely come to that. */
void trouble_kill_in_call(void)
{
	unsigned int number = people_throw(40) + 1;

	note_trouble(20 * SEC);
	trace("people", "the daemon is to be killed in its call %u", number);
	program_kill_in_call(number, people_throw(2));
	sim_at(people_throw(8) * SEC + SEC, start_daemon, NULL);
	sim_at(12 * SEC, start_daemon, NULL);
}

void trouble_end_daemon(void)
{
	note_trouble(30 * SEC);
	trace("people", "SIGTERM to the daemon");
	program_signal(SIGTERM);
	/* systemd starts it when it has ended; for now: when it surely has. */
	sim_at(15 * SEC, start_daemon, NULL);
}

void trouble_reload_daemon(void)
{
	trace("people", "SIGHUP to the daemon");
	program_signal(SIGHUP);
}

static void ask(void *data)
{
	g_autofree char *request = data;
	int fd = wire_connect(program_directory(), WIRE_CONTROL);
	size_t length = strlen(request);
	char buffer[4096];

	if (fd >= 0)
		program_spare(fd, true);
	for (size_t i = 0; i < length; i++)
		request[i] = request[i] == '|' ? '\0' : request[i];
	if (fd < 0 || send(fd, request, length, MSG_NOSIGNAL) < 0)
		length = 0;
	if (length > 0)
		shutdown(fd, SHUT_WR);
	for (int i = 0; length > 0 && i < 1300; i++) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (got == 0)
			break;
		if (got < 0)
			fiber_sleep(100 * MS);
		else if (i == 0 || sim_tracing)
			trace("people", "is told: %.*s", (int)got, buffer);
	}
	if (fd >= 0) {
		program_spare(fd, false);
		close(fd);
	}
}

void trouble_request_run(void)
{
	trace("people", "asks for a run");
	fiber_start("person", ask, g_strdup("run|"), 0);
}

void trouble_request_replug(void)
{
	const struct guest *guest = people_any_guest();

	trace("people", "asks to replug what %s has", guest->name);
	fiber_start("person", ask, g_strdup_printf("replug|%s|", guest->name), 0);
}

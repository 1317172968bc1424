/* SPDX-License-Identifier: MIT */
#pragma once

/* For people.c and trouble.c: the kinds of what happens. */

#include "sim.h"

/* From the happening's own number. */
unsigned int people_throw(unsigned int limit);
struct guest *people_any_guest(void);

void trouble_restart_libvirt(void);
void trouble_break_connection(void);
void trouble_hang_libvirt(void);
void trouble_chaos(void);
void trouble_hold_job(void);
void trouble_break_xml(void);
void trouble_kill_daemon(void);
void trouble_kill_in_call(void);
void trouble_end_daemon(void);
void trouble_reload_daemon(void);
void trouble_request_run(void);
void trouble_request_replug(void);
void trouble_end_hang(void *unused);

void journey_leave(void);
void journey_arrive(void);
void journey_pause(void);
void journey_shutdown(void);
void journey_power_loss(void);

void command_happen(void);
void command_forget(void); /* the kernel has ended it */
bool command_has_lock(void);

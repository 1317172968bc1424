/* SPDX-License-Identifier: MIT */
#include "reconciler/core/pulse.h"

/*
 * After a restore or a revert QEMU holds nothing, nor after the device re-enumerated under the same
 * numbers; then the host's own driver is bound again (which also happens for a moment while the
 * guest resets the device: hence two looks).
 */
enum pulse pulse_take(const struct device *device, const struct memory *memory, uint64_t now,
		      uint64_t *ret_when)
{
	bool cured = memory && memory->replugged == device->incarnation;
	uint64_t since;

	if (memory && memory->attached && memory->attached != device->incarnation && !cured)
		return PULSE_DEAD;
	if (!device->driver)
		return PULSE_ALIVE;
	since = memory && memory->suspect_since ? memory->suspect_since : now;
	if (now - since >= PULSE_SECOND_LOOK)
		return cured ? PULSE_BEYOND_HELP : PULSE_DEAD;
	*ret_when = since + PULSE_SECOND_LOOK;
	return PULSE_LOOK_AGAIN;
}

bool pulse_is_asked(const struct history *history, const struct domain *domain,
		    const struct memory *memory, const struct hostdev *live)
{
	const struct memory *other =
		live && live->alias ? history_find(history, domain->uuid, live->alias) : NULL;

	return (memory && memory->replug) || (other && other->replug);
}

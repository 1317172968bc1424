/* SPDX-License-Identifier: MIT */

/* What must hold always, and what must be so when the world has come to rest. */

#include "check.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reconciler/system/wire.h"

/* How long a device may stay where it does not belong, once that can be known. */
#define PATIENCE (10 * SEC)
/* How long one that belongs there may be away: nothing that one attempt in vain explains. */
#define LATE (25 * SEC)

uint64_t check_trouble_until;   /* until then nobody can be blamed for not knowing */
static GHashTable *late_since;  /* "guest/tag incarnation" -> uint64_t * */
static GHashTable *wrong_since; /* struct entry * -> uint64_t * */

void check_reset(void)
{
	check_trouble_until = 0;
	late_since = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	wrong_since = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

bool check_is_ours(const struct entry *entry)
{
	return entry->alias && g_str_has_prefix(entry->alias, "ua-usbr-");
}

static struct gadget *gadget_of(const struct entry *entry)
{
	for (unsigned int i = 0; entry->open && i < host_gadget_count; i++) {
		if (host_gadgets[i].incarnation == entry->open)
			return &host_gadgets[i];
	}
	return NULL;
}

void check_calls(unsigned int under_way)
{
	if (under_way > 4)
		fail("%u calls to libvirt are under way at once", under_way);
}

/* Whoever else has the device open, QEMU would give one device to two guests. */
static void check_only_one(const struct guest *guest, const struct gadget *gadget)
{
	for (guint i = 0; i < guests->len; i++) {
		const struct guest *other = g_ptr_array_index(guests, i);

		for (guint k = 0; k < other->live->len; k++) {
			const struct entry *entry = g_ptr_array_index(other->live, k);

			if (entry->open == gadget->incarnation)
				fail("%s is given to %s while %s has it", gadget->name, guest->name,
				     other->name);
		}
	}
}

void check_attach(const struct guest *guest, const struct entry *entry, bool live)
{
	const struct gadget *gadget = host_at(entry->bus, entry->dev);
	const struct wish *wish = wish_of_alias(guest, entry->alias);

	if (!check_is_ours(entry)) {
		fail("%s: attached under the alias %s, which is not ours", guest->name,
		     entry->alias ? entry->alias : "-");
		return;
	}
	if (guest->arriving)
		fail("%s gets %s while it arrives from another host", guest->name, entry->alias);
	if (live && g_strcmp0(entry->policy, "optional") == 0)
		fail("%s: a live attach with 'optional' may leave a placeholder", guest->name);
	if (!live || !gadget)
		return;
	check_only_one(guest, gadget);
	/* Asked right before; but a call may have waited for somebody's job since. */
	if (gadget->use != USE_NONE && wish && !wish->force &&
	    sim_now - gadget->use_since > 100 * MS &&
	    (!guest->job_until || sim_now > guest->job_until + 31 * SEC))
		fail("%s is torn from the host, which uses it, for %s/%s", gadget->name,
		     guest->name, wish->name);
}

void check_detach(const struct guest *guest, const struct entry *entry, bool live)
{
	if (guest->arriving)
		fail("%s loses %s while it arrives from another host", guest->name,
		     entry->alias ? entry->alias : "-");
	/* By hand, but what it stands for is a tag's: adopted. */
	if (check_is_ours(entry) || guest->wishes.count > 0 ||
	    sim_now - guest->wishes.since < PATIENCE || sim_now < check_trouble_until)
		return;
	fail("%s: somebody else's %s hostdev %s is taken out", guest->name,
	     live ? "live" : "config", entry->alias ? entry->alias : "-");
}

/* ---- every second ---- */

static bool belongs(const struct guest *guest, const struct entry *entry,
		    const struct gadget *gadget)
{
	const struct wish *wish = wish_of_alias(guest, entry->alias);

	if (wish)
		return !wish->disabled && wish_matches(wish, gadget);
	/* A tag that was renamed, or another that matches, may call it its own. */
	for (unsigned int i = 0; i < guest->wishes.count; i++) {
		wish = &guest->wishes.list[i];
		if (!wish->disabled && !wish->invalid && wish_matches(wish, gadget))
			return true;
	}
	return false;
}

/* Nothing of a domain whose metadata is not valid is taken out for want of a tag. */
bool check_is_of_invalid(const struct guest *guest, const struct entry *entry)
{
	return has_invalid_wish(guest) && !wish_of_alias(guest, entry->alias);
}

/* What a busy domain could not say is asked again when that is over. */
#define AGAIN (5 * SEC)

static bool can_be_known(const struct guest *guest)
{
	return program_runs() && libvirt_is_up && !libvirt_hangs && libvirt_chaos == 0 &&
	       !guest->holds_job && !guest->broken && !guest->arriving &&
	       sim_now >= check_trouble_until &&
	       sim_now >= (guest->job_until ? guest->job_until + AGAIN : 0);
}

static void check_entry(const struct guest *guest, struct entry *entry)
{
	const struct gadget *gadget = gadget_of(entry);
	uint64_t *since = g_hash_table_lookup(wrong_since, entry);

	if (!check_is_ours(entry) || !gadget || belongs(guest, entry, gadget) || entry->releasing ||
	    check_is_of_invalid(guest, entry) || !can_be_known(guest)) {
		g_hash_table_remove(wrong_since, entry);
		return;
	}
	if (!since)
		g_hash_table_insert(wrong_since, entry, g_memdup2(&sim_now, sizeof(sim_now)));
	else if (sim_now - *since > PATIENCE)
		fail("%s has %s as %s for more than %u s, and its tag does not match", guest->name,
		     gadget->name, entry->alias, (unsigned int)(PATIENCE / SEC));
}

/* Is the device really in the guest, alive? */
static bool is_there(const struct claim *claim, const struct gadget *gadget)
{
	const struct guest *guest = claim->guest;

	for (guint i = 0; i < guest->live->len; i++) {
		const struct entry *entry = g_ptr_array_index(guest->live, i);

		if (entry->open == gadget->incarnation && !entry->releasing)
			return true;
	}
	return false;
}

/* Dead since before the daemon started, while libvirt says that all is well, and the host has no
 * driver that would be seen to have it again: nobody can know. */
static bool has_died_in_secret(const struct entry *entry)
{
	const struct gadget *gadget = host_at(entry->bus, entry->dev);

	return gadget && !gadget->driver && !entry->missing && dev_means(entry, gadget) &&
	       MAX(gadget->since, entry->closed) <= program_since() + 2 * SEC;
}

static bool is_secret(const struct claim *claim, const struct gadget *gadget)
{
	for (guint i = 0; i < claim->guest->live->len; i++) {
		const struct entry *entry = g_ptr_array_index(claim->guest->live, i);

		if (has_died_in_secret(entry) && host_at(entry->bus, entry->dev) == gadget)
			return true;
	}
	return false;
}

static bool has_stuck_id(const struct claim *claim)
{
	GHashTableIter iter;
	gpointer alias;

	g_hash_table_iter_init(&iter, claim->guest->ids);
	while (g_hash_table_iter_next(&iter, &alias, NULL)) {
		if (wish_of_alias(claim->guest, alias) == claim->wish)
			return true;
	}
	return false;
}

/* ---- what should be there and is not ---- */

static void note_late(const struct claim *claim, const struct gadget *gadget, bool late)
{
	g_autofree char *key = g_strdup_printf("%s/%s %" G_GUINT64_FORMAT, claim->guest->name,
					       claim->wish->name, gadget->incarnation);
	const uint64_t *since = g_hash_table_lookup(late_since, key);

	if (!late) {
		g_hash_table_remove(late_since, key);
	} else if (!since) {
		g_hash_table_insert(late_since, g_steal_pointer(&key),
				    g_memdup2(&sim_now, sizeof(sim_now)));
	} else if (sim_now - *since > LATE) {
		fail("%s/%s should have %s, and has not got it for more than %u s",
		     claim->guest->name, claim->wish->name, gadget->name,
		     (unsigned int)(LATE / SEC));
	}
}

/* What a guest is known to have counts on while it cannot be read. */
bool check_can_be_known(void)
{
	for (guint i = 0; i < guests->len; i++) {
		if (!can_be_known(g_ptr_array_index(guests, i)))
			return false;
	}
	return true;
}

/* A guest whose tag owns a device that nothing keeps from it has it before long. */
static void check_late(void)
{
	struct oracle oracle;

	oracle_ask(&oracle);
	for (guint i = 0; i < oracle.claims->len; i++) {
		const struct claim *claim = g_ptr_array_index(oracle.claims, i);
		bool due = claim->guest->id >= 0 && check_can_be_known() && !has_stuck_id(claim) &&
			   strcmp(oracle_verdict(&oracle, claim), "attached") == 0;

		for (unsigned int k = 0; k < host_gadget_count; k++) {
			bool owned = (claim->owned & (1u << k)) != 0;

			if (host_gadgets[k].incarnation)
				note_late(claim, &host_gadgets[k],
					  due && owned && !is_there(claim, &host_gadgets[k]) &&
						  !is_secret(claim, &host_gadgets[k]));
		}
	}
	oracle_clear(&oracle);
}

void check_always(void)
{
	check_late();
	for (guint i = 0; i < guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(guests, i);

		for (guint k = 0; k < guest->live->len; k++)
			check_entry(guest, g_ptr_array_index(guest->live, k));
	}
}

/* ---- at rest ---- */

/* The daemon's document, as anybody gets it; on a fiber. */
static char *ask_status(void)
{
	int fd = wire_connect(program_directory(), WIRE_STATUS);
	GString *text = g_string_new(NULL);
	char buffer[4096];

	if (fd >= 0)
		program_spare(fd, true);
	for (int i = 0; fd >= 0 && i < 200; i++) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		if (length == 0)
			break;
		if (length > 0)
			g_string_append_len(text, buffer, length);
		else
			fiber_sleep(50 * MS);
	}
	if (fd >= 0) {
		program_spare(fd, false);
		close(fd);
	}
	return g_string_free(text, FALSE);
}

static const char *verdict_in(json_t *document, const struct claim *claim, const char **ret_why)
{
	json_t *domain, *tag;
	size_t i, k;

	json_array_foreach(json_object_get(document, "domains"), i, domain)
	{
		if (g_strcmp0(json_string_value(json_object_get(domain, "name")),
			      claim->guest->name) != 0)
			continue;
		json_array_foreach(json_object_get(domain, "tags"), k, tag)
		{
			json_t *want = json_object_get(tag, "want");

			if (g_strcmp0(json_string_value(json_object_get(want, "name")),
				      claim->wish->name) != 0)
				continue;
			*ret_why = json_string_value(json_object_get(tag, "sentence"));
			return json_string_value(json_object_get(tag, "verdict"));
		}
	}
	return NULL;
}

static bool is_among(const char *word, const char *words)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);

	return word && g_strv_contains((const char *const *)list, word);
}

static void check_claim(json_t *document, const struct oracle *oracle, const struct claim *claim)
{
	const char *why = NULL;
	const char *verdict = verdict_in(document, claim, &why);
	const char *expected = oracle_verdict(oracle, claim);

	/* QEMU keeps the id until the guest's next start: the attach fails, and that is so. */
	if (has_stuck_id(claim))
		return;
	if (!is_among(verdict, expected)) {
		fail("%s/%s is said to be %s (%s), and is %s", claim->guest->name,
		     claim->wish->name, verdict ? verdict : "nothing", why ? why : "-", expected);
		return;
	}
	/* What is in doubt: a device that the host has no driver for shows no sign of its death. */
	for (unsigned int i = 0; i < host_gadget_count && claim->guest->id >= 0; i++) {
		if ((claim->owned & (1u << i)) && strcmp(verdict, "attached") == 0 &&
		    !is_there(claim, &host_gadgets[i]) && !is_secret(claim, &host_gadgets[i]))
			fail("%s/%s is said to be attached, but the guest does not have %s",
			     claim->guest->name, claim->wish->name, host_gadgets[i].name);
	}
}

static void check_leftovers(const struct guest *guest)
{
	for (guint i = 0; i < guest->live->len; i++) {
		const struct entry *entry = g_ptr_array_index(guest->live, i);
		const struct gadget *gadget = gadget_of(entry);

		if (check_is_ours(entry) && (!gadget || !belongs(guest, entry, gadget)) &&
		    !check_is_of_invalid(guest, entry) && !has_died_in_secret(entry))
			fail("%s still has %s, which no tag asks for", guest->name, entry->alias);
	}
	for (guint i = 0; i < guest->config->len; i++) {
		const struct entry *entry = g_ptr_array_index(guest->config, i);
		const struct wish *wish = wish_of_alias(guest, entry->alias);
		const struct gadget *gadget = host_at(entry->bus, entry->dev);

		if (!check_is_ours(entry) || check_is_of_invalid(guest, entry))
			continue;
		if (wish && (wish->disabled || wish->persist < 0))
			fail("the config of %s still has %s", guest->name, entry->alias);
		else if (!gadget || !belongs(guest, entry, gadget))
			fail("the config of %s has %s at %u:%u, where its device is not",
			     guest->name, entry->alias, entry->bus, entry->dev);
	}
}

/* A saved guest must start: what is ours in its image is where it says, or is `optional` under an
 * address that nothing has. */
static void check_image(const struct guest *guest)
{
	for (guint i = 0; guest->saved && i < guest->image->len; i++) {
		const struct entry *entry = g_ptr_array_index(guest->image, i);
		const struct gadget *gadget = host_at(entry->bus, entry->dev);
		const struct wish *wish = wish_of_alias(guest, entry->alias);
		struct guest *user = in_use_by(entry->bus, entry->dev);

		if (!check_is_ours(entry) || has_invalid_wish(guest))
			continue;
		if (user)
			fail("the image of %s wants %u:%u, which %s has: no start", guest->name,
			     entry->bus, entry->dev, user->name);
		else if (!gadget && g_strcmp0(entry->policy, "optional") != 0)
			fail("the image of %s wants %u:%u, which nothing has: no start",
			     guest->name, entry->bus, entry->dev);
		else if (gadget && wish && !wish->disabled && !wish_matches(wish, gadget))
			fail("the image of %s gives %s to %s: its next start does", guest->name,
			     gadget->name, entry->alias);
	}
}

/* Somebody's stale hostdev has its address: then the tag has failed, and says so. */
static bool is_blocked(const struct claim *claim, const struct gadget *gadget)
{
	struct guest *user = in_use_by(gadget->bus, gadget->dev);

	for (guint i = 0; i < claim->guest->config->len; i++) {
		const struct entry *entry = g_ptr_array_index(claim->guest->config, i);

		if (!check_is_ours(entry) && entry->dev == gadget->dev && entry->bus == gadget->bus)
			return true;
	}
	return user && user != claim->guest;
}

static void check_config(const struct claim *claim)
{
	for (unsigned int i = 0; i < host_gadget_count; i++) {
		const struct gadget *gadget = &host_gadgets[i];
		bool found = false;

		if (!(claim->owned & (1u << i)) || claim->wish->persist <= 0 ||
		    gadget->use != USE_NONE || !claim->guest->persistent)
			continue;
		for (guint k = 0; k < claim->guest->config->len; k++) {
			const struct entry *entry = g_ptr_array_index(claim->guest->config, k);

			found = found || dev_means(entry, gadget) ||
				(!check_is_ours(entry) && entry->vendor == gadget->vendor &&
				 entry->product == gadget->product);
		}
		if (!found && !is_blocked(claim, gadget) && !has_stuck_id(claim))
			fail("%s/%s has persist='yes', and the config does not hold %s",
			     claim->guest->name, claim->wish->name, gadget->name);
	}
}

void check_rest(void)
{
	g_autofree char *text = ask_status();
	json_error_t error;
	json_t *document = json_loads(text, 0, &error);
	struct oracle oracle;

	if (!document) {
		fail("the daemon gives no status: %s", error.text);
		return;
	}
	oracle_ask(&oracle);
	for (guint i = 0; i < oracle.claims->len; i++) {
		check_claim(document, &oracle, g_ptr_array_index(oracle.claims, i));
		check_config(g_ptr_array_index(oracle.claims, i));
	}
	for (guint i = 0; i < guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(guests, i);

		if (guest->defined && !guest->broken) {
			check_leftovers(guest);
			check_image(guest);
		}
	}
	oracle_clear(&oracle);
	json_decref(document);
}

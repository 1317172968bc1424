/* SPDX-License-Identifier: MIT */

/* `complete`: the answer to what shells ask (rules/completion/). Everything comes from the table of
 * commands: what an argument or an option's value is, is what --help calls it. */

#include "reconciler/commands/complete.h"

#include "reconciler/commands/cmd.h"

#include <string.h>

#include "reconciler/show/say.h"
#include "reconciler/show/words.h"
#include "state/devices.h"
#include "state/text.h"

/* A person waits for it, at every press of a key. */
#define PATIENCE_MSEC 400

/* A command line that is being typed, as far as it goes. */
struct typing {
	const struct cmd *cmd; /* NULL: not yet */
	const char *uri;
	GPtrArray *arguments;          /* char *: those of the command that are complete */
	const GOptionEntry *expecting; /* the option whose value comes next, or NULL */
	const char *word;              /* what is to be completed, */
	char *before;                  /* after this part of it, which stays: "--domain=" */
	GString *candidates;
};

/* A candidate that cannot be shown as it is (control characters, invalid UTF-8) is not offered:
 * nobody could type it. */
static void offer(struct typing *typing, const char *untrusted, const char *untrusted_what)
{
	g_autofree char *text = text_printable(untrusted);
	g_autofree char *what = text_printable(untrusted_what);

	if (strcmp(text, untrusted) == 0 && g_str_has_prefix(untrusted, typing->word))
		g_string_append_printf(typing->candidates, "%s%s\t%s\n", typing->before, text,
				       what);
}

static void offer_files(struct typing *typing)
{
	g_string_append(typing->candidates, "\tFILE\n");
}

static GPtrArray *read_domains(const struct typing *typing)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	GPtrArray *domains = NULL;
	OWN(virt) virt = NULL;
	g_autofree char *err = NULL;

	if (virt_open(typing->uri, true, &virt, &err) != VIRT_OPEN_DONE ||
	    virt_read_domains(virt, NULL, problems, &domains, &err) < 0)
		return g_ptr_array_new();
	return domains;
}

static void offer_domains(struct typing *typing)
{
	g_autoptr(GPtrArray) domains = read_domains(typing);

	for (guint i = 0; i < domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains, i);
		g_autofree char *what = words_count(domain->tags->len, "tag");

		if (!g_ptr_array_find_with_equal_func(typing->arguments, domain->name, g_str_equal,
						      NULL))
			offer(typing, domain->name, what);
	}
}

static const char *tag_kind(const struct tag *tag)
{
	if (tag->complaint)
		return "invalid tag";
	return tag->group ? "group" : "device";
}

/* The tags of the domain before them, but for those that are there already. */
static void offer_tags(struct typing *typing)
{
	g_autoptr(GPtrArray) domains = read_domains(typing);
	const char *name = typing->arguments->len ? g_ptr_array_index(typing->arguments, 0) : "";

	for (guint i = 0; i < domains->len; i++) {
		const struct domain *domain = g_ptr_array_index(domains, i);

		for (guint j = 0; strcmp(domain->name, name) == 0 && j < domain->tags->len; j++) {
			const struct tag *tag = g_ptr_array_index(domain->tags, j);

			if (tag->name && !g_ptr_array_find_with_equal_func(
						 typing->arguments, tag->name, g_str_equal, NULL))
				offer(typing, tag->name, tag_kind(tag));
		}
	}
}

static void offer_device(struct typing *typing, const struct device *device)
{
	g_autofree char *id = words_id(device->id);
	g_autofree char *what = words_device(device);
	g_autofree char *serial = NULL;

	offer(typing, device->sysname, what);
	/* The other spellings only when something was typed: else the list would be long. */
	if (*typing->word == '\0')
		return;
	offer(typing, id, what);
	if (device->port)
		offer(typing, device->port, what);
	if (device->untrusted_serial) {
		g_autofree char *spelt = text_spell(device->untrusted_serial);

		serial = g_strconcat("serial=", spelt, NULL);
		offer(typing, serial, id);
	}
}

static void offer_devices(struct typing *typing)
{
	g_autoptr(GPtrArray) problems = problem_list_new();
	g_autoptr(GPtrArray) devices = NULL;
	g_autofree char *err = NULL;

	if (*typing->word == '/')
		offer_files(typing);
	if (devices_read(problems, &devices, &err) < 0)
		return;
	for (guint i = 0; i < devices->len; i++) {
		const struct device *device = g_ptr_array_index(devices, i);

		if (!device->hub)
			offer_device(typing, device);
	}
}

static void offer_uris(struct typing *typing)
{
	offer(typing, "qemu:///system", "the system's QEMU");
	offer(typing, "qemu:///session", "the user's QEMU");
	offer(typing, "test:///default", "libvirt's test driver");
}

static const struct candidate_kind {
	const char *name; /* as --help has it */
	void (*offer)(struct typing *typing);
} kinds[] = {
	{"DOMAIN", offer_domains}, {"NAME", offer_tags}, {"DEVICE", offer_devices},
	{"FILE", offer_files},     {"URI", offer_uris},
};

/* WHAT: one or more of the above, and anything that is none. */
static void offer_kinds(struct typing *typing, const char *what)
{
	g_auto(GStrv) names = g_strsplit(what, "|", -1);

	for (char **name = names; *name; name++) {
		for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
			if (strcmp(*name, kinds[i].name) == 0)
				kinds[i].offer(typing);
		}
	}
}

/*
 * The command's next argument, by its synopsis: "[DOMAIN | FILE | -]" has one, that is any of
 * three; of "DOMAIN [NAME]..." the last repeats.
 */
static void offer_argument(struct typing *typing)
{
	g_auto(GStrv) alternatives = g_strsplit(typing->cmd->arguments, " | ", -1);
	g_autofree char *synopsis = g_strjoinv("|", alternatives);
	g_auto(GStrv) places = NULL;
	guint at = typing->arguments->len;
	char *end = synopsis;

	if (at >= typing->cmd->most)
		return;
	for (const char *c = synopsis; *c; c++) {
		if (!strchr("[].", *c))
			*end++ = *c;
	}
	*end = '\0';
	places = g_strsplit(synopsis, " ", -1);
	at = MIN(at, g_strv_length(places) - 1);
	offer_kinds(typing, places[at]);
}

static void offer_options(struct typing *typing)
{
	g_autofree const GOptionEntry **tables = cmd_options(typing->cmd);

	for (guint i = 0; tables[i]; i++) {
		for (const GOptionEntry *entry = tables[i]; entry->long_name; entry++) {
			g_autofree char *name = g_strconcat("--", entry->long_name, NULL);
			const char brief[] = {'-', entry->short_name, '\0'};

			offer(typing, name, entry->description);
			if (entry->short_name && strcmp(typing->word, brief) == 0)
				offer(typing, brief, entry->description);
		}
	}
}

static void offer_commands(struct typing *typing)
{
	const struct cmd *cmd;

	for (guint i = 0; (cmd = cmd_number(i)); i++)
		offer(typing, cmd->name, cmd->summary);
}

/* The option that WORD (up to LENGTH) names and that takes a value, or NULL. */
static const GOptionEntry *find_option(const struct typing *typing, const char *word, size_t length)
{
	g_autofree const GOptionEntry **tables = cmd_options(typing->cmd);
	g_autofree char *name = g_strndup(word, length);

	for (guint i = 0; tables[i]; i++) {
		for (const GOptionEntry *entry = tables[i]; entry->long_name; entry++) {
			g_autofree char *full = g_strconcat("--", entry->long_name, NULL);
			const char brief[] = {'-', entry->short_name, '\0'};

			if (entry->arg != G_OPTION_ARG_NONE &&
			    (strcmp(name, full) == 0 || strcmp(name, brief) == 0))
				return entry;
		}
	}
	return NULL;
}

static void take_value(struct typing *typing, const GOptionEntry *option, const char *value)
{
	if (g_strcmp0(option->arg_description, "URI") == 0)
		typing->uri = value;
	typing->expecting = NULL;
}

/* A word that is complete. False: from here on nothing is known. */
static bool take_word(struct typing *typing, char *word)
{
	const char *equals = strchr(word, '=');
	const GOptionEntry *option;

	if (typing->expecting) {
		take_value(typing, typing->expecting, word);
	} else if (word[0] == '-' && word[1] != '\0') {
		option = find_option(typing, word, equals ? (size_t)(equals - word) : strlen(word));
		if (option && equals)
			take_value(typing, option, equals + 1);
		else
			typing->expecting = option;
	} else if (!typing->cmd) {
		typing->cmd = cmd_named(word);
		return typing->cmd != NULL;
	} else {
		g_ptr_array_add(typing->arguments, word);
	}
	return true;
}

static void answer(struct typing *typing)
{
	const char *equals = strchr(typing->word, '=');
	const GOptionEntry *option = typing->expecting;

	if (!option && *typing->word == '-' && equals) {
		option = find_option(typing, typing->word, (size_t)(equals - typing->word));
		g_free(typing->before);
		typing->before = g_strndup(typing->word, (size_t)(equals + 1 - typing->word));
		typing->word = equals + 1;
	}
	if (option)
		offer_kinds(typing, option->arg_description ? option->arg_description : "");
	else if (*typing->word == '-')
		offer_options(typing);
	else if (typing->cmd)
		offer_argument(typing);
	else
		offer_commands(typing);
}

int complete(char **words)
{
	struct typing typing = {
		.arguments = g_ptr_array_new(),
		.before = g_strdup(""),
		.candidates = g_string_new(NULL),
	};
	bool known = true;

	say_exit_after(PATIENCE_MSEC, "", EXIT_OK);
	for (; words[1] && known; words++)
		known = take_word(&typing, words[0]);
	if (known) {
		typing.word = words[0];
		answer(&typing);
	}
	say_exit_after(0, NULL, EXIT_OK);
	say_data(typing.candidates->str);
	g_string_free(typing.candidates, TRUE);
	g_ptr_array_unref(typing.arguments);
	g_free(typing.before);
	return EXIT_OK;
}

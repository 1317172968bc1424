/* SPDX-License-Identifier: MIT */
#include "reconciler/commands/cmd.h"

#include <string.h>

#include "reconciler/show/say.h"

/* The one table: --help, the commands' own help, completion and the dispatch come from it. */
static const struct cmd *const commands[] = {
	&cmd_run,         &cmd_status,  &cmd_devices, &cmd_tag,   &cmd_untag,
	&cmd_enable,      &cmd_disable, &cmd_replug,  &cmd_adopt, &cmd_validate,
	&cmd_migrate_xml, &cmd_hook,    &cmd_daemon,  &cmd_help,
};

const struct cmd *cmd_number(guint number)
{
	return number < G_N_ELEMENTS(commands) ? commands[number] : NULL;
}

static gboolean want_help, want_version, verbose, json, dry_run;
static char *uri;

static const GOptionEntry global_options[] = {
	{"connect", 'c', 0, G_OPTION_ARG_FILENAME, &uri,
	 "libvirt to talk to (else LIBVIRT_DEFAULT_URI, else qemu:///system)", "URI"},
	{"verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose,
	 "end with the calls to libvirt that were made, on stderr", NULL},
	{"help", 'h', 0, G_OPTION_ARG_NONE, &want_help, "show this help", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const GOptionEntry version_options[] = {
	{"version", 'V', 0, G_OPTION_ARG_NONE, &want_version, "show the version", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const GOptionEntry json_options[] = {
	{"json", 0, 0, G_OPTION_ARG_NONE, &json, "print one JSON document", NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const GOptionEntry dry_run_options[] = {
	{"dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "print what would be done, do nothing",
	 NULL},
	{NULL, 0, 0, 0, NULL, NULL, NULL},
};

const struct cmd *cmd_named(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

const GOptionEntry **cmd_options(const struct cmd *cmd)
{
	const GOptionEntry **tables = g_new0(const GOptionEntry *, 5);
	guint count = 0;

	if (cmd && cmd->options)
		tables[count++] = cmd->options;
	if (cmd && cmd->has_dry_run)
		tables[count++] = dry_run_options;
	if (cmd && cmd->has_json)
		tables[count++] = json_options;
	tables[count++] = global_options;
	if (!cmd)
		tables[count++] = version_options;
	return tables;
}

/* CMD: NULL for the program's own options. */
static GOptionContext *new_context(const struct cmd *cmd)
{
	GOptionContext *context = g_option_context_new(cmd ? cmd->arguments : "COMMAND");
	g_autofree const GOptionEntry **tables = cmd_options(cmd);

	/* GLib's own --help exits, and would not notice that stdout is full. */
	g_option_context_set_help_enabled(context, FALSE);
	if (!cmd)
		g_option_context_set_strict_posix(context, TRUE);
	for (guint i = 0; tables[i]; i++)
		g_option_context_add_main_entries(context, tables[i], NULL);
	return context;
}

/* GLib's "Usage:" line names the executable only: what comes after it is kept. */
static char *options_help(GOptionContext *context)
{
	g_autofree char *help = g_option_context_get_help(context, FALSE, NULL);
	const char *options = strstr(help, "\n\n");

	return g_strdup(options ? options + 1 : "");
}

static void print_help(GOptionContext *context, const struct cmd *cmd)
{
	g_autofree char *options = options_help(context);
	GString *text = g_string_new("Usage: usbreconcile [-c URI] [-v] ");

	if (cmd) {
		g_string_append_printf(text, "%s [OPTION]...%s%s\n\n%c%s.\n\n%s", cmd->name,
				       *cmd->arguments ? " " : "", cmd->arguments,
				       g_ascii_toupper(*cmd->summary), cmd->summary + 1,
				       cmd->details);
	} else {
		g_string_append(text,
				"COMMAND [OPTION]... [ARGUMENT]...\n\n"
				"Gives USB devices to libvirt domains, as the tags in the domains' "
				"metadata say.\n\nCommands:\n");
		for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
			g_string_append_printf(text, "  %-11s %-24s %s\n", commands[i]->name,
					       commands[i]->arguments, commands[i]->summary);
		g_string_append(text, "\n`usbreconcile COMMAND --help` says more of each.\n");
	}
	g_string_append(text, options);
	say_lines(text->str);
	g_string_free(text, TRUE);
}

static int misuse(const struct cmd *cmd, const char *message)
{
	say_error("%s", message);
	say_hint("try `usbreconcile %s%s--help`", cmd ? cmd->name : "", cmd ? " " : "");
	return EX_USAGE;
}

int cmd_misused(const struct cmd_call *call, const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list values;

	va_start(values, format);
	message = g_strdup_vprintf(format, values);
	va_end(values);
	return misuse(call->cmd, message);
}

static int check_arguments(const struct cmd_call *call)
{
	if (call->cmd->takes_anything)
		return EXIT_OK;
	if (call->count < call->cmd->least)
		return cmd_misused(call, "%s needs %s", call->cmd->name, call->cmd->arguments);
	if (call->count > call->cmd->most)
		return cmd_misused(call, "%s does not take that much: %s", call->cmd->name,
				   call->args[call->cmd->most]);
	return EXIT_OK;
}

static void tell_calls(struct virt *virt)
{
	g_autofree char *text = virt_describe_calls(virt);

	say_error("%s", text);
}

/* A domain may be called --json. */
static bool has_options(const struct cmd *cmd, int argc, char **argv)
{
	return !cmd->takes_anything || (argc == 2 && strcmp(argv[1], "--help") == 0);
}

static void drop_argument(struct cmd_call *call, guint number)
{
	for (guint i = number; i < call->count; i++)
		call->args[i] = call->args[i + 1];
	call->count--;
}

static int run_command(GOptionContext *context, const struct cmd *cmd, int argc, char **argv)
{
	struct cmd_call call = {.cmd = cmd, .style = show_style()};
	g_autoptr(GError) error = NULL;
	int status;

	if (has_options(cmd, argc, argv) && !g_option_context_parse(context, &argc, &argv, &error))
		return misuse(cmd, error->message);
	if (want_help) {
		print_help(context, cmd);
		return EXIT_OK;
	}
	call.uri = uri;
	call.json = json;
	call.verbose = verbose;
	call.dry_run = dry_run;
	call.args = argv + 1;
	call.count = (guint)argc - 1;
	/* GLib keeps a `--` that stands before an argument which begins with a dash. */
	for (guint i = 0; !cmd->takes_anything && i + 1 < call.count; i++) {
		if (strcmp(call.args[i], "--") == 0 && *call.args[i + 1] == '-') {
			drop_argument(&call, i);
			break;
		}
	}
	status = check_arguments(&call);
	if (status == EXIT_OK)
		status = cmd->run(&call);
	if (call.virt) {
		if (verbose)
			tell_calls(call.virt);
		virt_free(call.virt);
	}
	return status;
}

static int run_help(struct cmd_call *call)
{
	const struct cmd *cmd = call->count > 0 ? cmd_named(call->args[0]) : NULL;
	g_autoptr(GOptionContext) context = NULL;

	if (call->count > 0 && !cmd)
		return cmd_misused(call, "there is no command \"%s\"", call->args[0]);
	context = new_context(cmd);
	print_help(context, cmd);
	return EXIT_OK;
}

const struct cmd cmd_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "say what the program or a command does",
	.details = "The same as --help, of the program or of COMMAND.\n\n"
		   "Exit codes: 0 done; 64 there is no such command.\n",
	.most = 1,
	.run = run_help,
};

int cmd_main(int argc, char **argv)
{
	g_autoptr(GOptionContext) global = new_context(NULL);
	g_autoptr(GOptionContext) own = NULL;
	g_autoptr(GError) error = NULL;
	const struct cmd *cmd;

	/* Also a command line that cannot be read must be answered so. */
	if (g_strv_contains((const char *const *)argv, "--nagios"))
		say_as_plugin();
	if (!g_option_context_parse(global, &argc, &argv, &error))
		return misuse(NULL, error->message);
	if (want_version) {
		say_data("usbreconcile " USBRECONCILE_VERSION "\n");
		return EXIT_OK;
	}
	cmd = argc > 1 ? cmd_named(argv[1]) : NULL;
	if (!cmd && want_help) {
		print_help(global, NULL);
		return EXIT_OK;
	}
	if (argc < 2)
		return misuse(NULL, "what shall it do? There was no command");
	if (!cmd) {
		g_autofree char *message = g_strdup_printf("there is no command \"%s\"", argv[1]);

		return misuse(NULL, message);
	}
	own = new_context(cmd);
	return run_command(own, cmd, argc - 1, argv + 1);
}

/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "reconciler/commands/cmd.h"
#include "reconciler/commands/complete.h"
#include "reconciler/show/say.h"

int main(int argc, char **argv)
{
	/* For the width of characters and how the terminal writes them; numbers stay as they are.
	 */
	setlocale(LC_CTYPE, "");
	/* A run must not die half way because somebody stopped reading what it prints. */
	signal(SIGPIPE, SIG_IGN);
	if (argc > 2 && strcmp(argv[1], COMPLETE_NAME) == 0)
		return say_close(complete(argv + 2));
	return say_close(cmd_main(argc, argv));
}

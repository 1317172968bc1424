/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <signal.h>

#include "reconciler/cmd.h"
#include "reconciler/say.h"

int main(int argc, char **argv)
{
	/* For the width of characters and how the terminal writes them; numbers stay as they are.
	 */
	setlocale(LC_CTYPE, "");
	/* A run must not die half way because somebody stopped reading what it prints. */
	signal(SIGPIPE, SIG_IGN);
	return say_close(cmd_main(argc, argv));
}

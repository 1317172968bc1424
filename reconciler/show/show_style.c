/* SPDX-License-Identifier: MIT */
#include "reconciler/show/show.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_USUAL 80

unsigned int show_width(int fd)
{
	struct winsize size;
	const char *columns = g_getenv("COLUMNS");
	int asked = columns ? atoi(columns) : 0;

	if (!isatty(fd))
		return 0;
	if (asked > 0)
		return (unsigned int)asked;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH_USUAL;
}

unsigned int show_height(int fd)
{
	struct winsize size;

	return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

/* no-color.org: set and not empty. */
static bool wants_colour(void)
{
	const char *no_color = g_getenv("NO_COLOR");
	const char *term = g_getenv("TERM");

	return !(no_color && *no_color) && term && g_strcmp0(term, "dumb") != 0;
}

struct show_style show_style(void)
{
	unsigned int width = show_width(STDOUT_FILENO);

	return (struct show_style){.width = width, .colour = width > 0 && wants_colour()};
}

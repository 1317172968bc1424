/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <glib/gstdio.h>

#include "reconciler/libvirt/virt.h"

/* Says WORDS of what happened, in one sentence, and HINT_WORDS of what to do. */
static void expect_refusal(const char *uri, enum virt_open_reply reply, const char *words,
			   const char *hint_words)
{
	const char *hint = virt_open_hint(uri, reply);
	struct virt *virt = NULL;
	g_autofree char *err = NULL;

	assert_int_equal(virt_open(uri, true, &virt, &err), reply);
	assert_null(virt);
	assert_non_null(err);
	if (!strstr(err, words))
		fail_msg("\"%s\" does not say \"%s\"", err, words);
	if (!strstr(hint, hint_words))
		fail_msg("\"%s\" does not say \"%s\"", hint, hint_words);
	assert_null(strstr(err, hint_words));
}

static void another_host_is_refused(void **state)
{
	static const char *const uris[] = {
		"qemu+ssh://host/system",
		"qemu+ssh:///system",
		"qemu+tcp://127.0.0.1/system",
		"qemu+tls:///system",
		"qemu+libssh2:///system",
		"qemu+ext:///system?command=x",
		"qemu+unixx:///system",
		"qemu://localhost/system",
		"qemu+unix://host/system",
		"qemu://user@host/system",
		"esx://host",
		"an-alias",
		"test+ssh:///default",
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(uris); i++)
		expect_refusal(uris[i], VIRT_OPEN_REMOTE, uris[i], "qemu:///system");
}

static void this_host_is_opened_for_reading_and_for_writing(void **state)
{
	(void)state;
	for (int read_only = 0; read_only < 2; read_only++) {
		OWN(virt) virt = NULL;
		g_autofree char *err = NULL;

		assert_int_equal(virt_open("test:///default", read_only, &virt, &err),
				 VIRT_OPEN_DONE);
		assert_null(err);
		assert_string_equal(virt_uri(virt), "test:///default");
	}
}

static void the_environment_names_the_default(void **state)
{
	OWN(virt) virt = NULL;
	g_autofree char *err = NULL;

	(void)state;
	g_setenv("LIBVIRT_DEFAULT_URI", "test:///default", TRUE);
	assert_int_equal(virt_open(NULL, true, &virt, &err), VIRT_OPEN_DONE);
	assert_string_equal(virt_uri(virt), "test:///default");
	g_setenv("LIBVIRT_DEFAULT_URI", "qemu+ssh://host/system", TRUE);
	expect_refusal(NULL, VIRT_OPEN_REMOTE, "qemu+ssh://host/system", "or run it on that host");
	g_unsetenv("LIBVIRT_DEFAULT_URI");
}

static void no_daemon_is_unreachable_and_says_how_to_start_it(void **state)
{
	(void)state;
	expect_refusal("qemu+unix:///system?socket=/nonexistent/socket", VIRT_OPEN_UNREACHABLE,
		       "cannot reach libvirt", "`systemctl start`");
}

static void nonsense_is_unreachable_in_the_words_of_libvirt(void **state)
{
	(void)state;
	expect_refusal("nonsense:///system", VIRT_OPEN_UNREACHABLE, "nonsense", "systemctl");
	expect_refusal("test:///nonexistent.xml", VIRT_OPEN_UNREACHABLE, "nonexistent.xml",
		       "systemctl");
}

/* A socket that listens and never answers, or that only root may connect to. */
struct deaf {
	char *directory;
	char *path;
	char *uri;
	int fd;
};

static int set_up(void **state)
{
	struct deaf *deaf = g_new0(struct deaf, 1);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	deaf->directory = g_dir_make_tmp("usbreconcile-virt-XXXXXX", NULL);
	deaf->path = g_build_filename(deaf->directory, "socket", NULL);
	deaf->uri = g_strdup_printf("qemu+unix:///system?socket=%s", deaf->path);
	deaf->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_strlcpy(address.sun_path, deaf->path, sizeof(address.sun_path));
	assert_int_equal(bind(deaf->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(deaf->fd, 5), 0);
	*state = deaf;
	return 0;
}

static int tear_down(void **state)
{
	struct deaf *deaf = *state;

	close(deaf->fd);
	g_unlink(deaf->path);
	g_rmdir(deaf->directory);
	g_free(deaf->directory);
	g_free(deaf->path);
	g_free(deaf->uri);
	g_free(deaf);
	return 0;
}

static guint count_threads(void)
{
	g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, NULL);
	guint count = 0;

	while (g_dir_read_name(tasks))
		count++;
	return count;
}

static void a_daemon_that_never_answers_is_given_up_after_ten_seconds(void **state)
{
	const struct deaf *deaf = *state;
	gint64 before = g_get_monotonic_time();

	expect_refusal(deaf->uri, VIRT_OPEN_UNREACHABLE, "did not answer within 10 s",
		       "systemctl status");

	gint64 took = g_get_monotonic_time() - before;
	assert_in_range(took, 9 * G_USEC_PER_SEC, 12 * G_USEC_PER_SEC);

	/* Whoever asks again and again piles up nothing. */
	guint threads = count_threads();
	expect_refusal(deaf->uri, VIRT_OPEN_UNREACHABLE, "did not answer within 10 s",
		       "systemctl status");
	assert_int_equal(count_threads(), threads);
}

static void a_session_is_told_from_the_system(void **state)
{
	static const char *const sessions[] = {"qemu:///session", "qemu+unix:///session",
					       "qemu:///session?socket=/x", "qemu:///session#x"};
	static const char *const others[] = {"qemu:///system", "test:///session.xml",
					     "test:///default", "qemu:///sessions",
					     "qemu:///system?socket=/session"};

	(void)state;
	g_unsetenv("LIBVIRT_DEFAULT_URI");
	assert_false(virt_is_session(NULL));
	for (guint i = 0; i < G_N_ELEMENTS(sessions); i++)
		assert_true(virt_is_session(sessions[i]));
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		assert_false(virt_is_session(others[i]));
	g_setenv("LIBVIRT_DEFAULT_URI", "qemu:///session", TRUE);
	assert_true(virt_is_session(NULL));
	g_unsetenv("LIBVIRT_DEFAULT_URI");
	for (unsigned int i = VIRT_OPEN_UNREACHABLE; i <= VIRT_OPEN_NO_ACCESS; i++) {
		const char *hint = virt_open_hint("qemu:///session", (enum virt_open_reply)i);

		assert_null(strstr(hint, "group libvirt"));
		assert_null(strstr(hint, "systemctl"));
	}
}

static void who_may_not_connect_is_told_what_to_do(void **state)
{
	const struct deaf *deaf = *state;
	int status;

	assert_non_null(strstr(virt_open_hint(NULL, VIRT_OPEN_NO_ACCESS), "group libvirt"));
	if (geteuid() != 0)
		skip();
	assert_int_equal(g_chmod(deaf->directory, 0755), 0);
	assert_int_equal(g_chmod(deaf->path, 0600), 0);

	pid_t child = fork();
	if (child == 0) {
		struct virt *virt = NULL;
		char *err = NULL;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(1);
		if (virt_open(deaf->uri, true, &virt, &err) != VIRT_OPEN_NO_ACCESS)
			_exit(2);
		_exit(strstr(err, "no access") ? 0 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First, as it forks and the others start threads. */
		cmocka_unit_test_setup_teardown(who_may_not_connect_is_told_what_to_do, set_up,
						tear_down),
		cmocka_unit_test(another_host_is_refused),
		cmocka_unit_test(a_session_is_told_from_the_system),
		cmocka_unit_test(this_host_is_opened_for_reading_and_for_writing),
		cmocka_unit_test(the_environment_names_the_default),
		cmocka_unit_test(no_daemon_is_unreachable_and_says_how_to_start_it),
		cmocka_unit_test(nonsense_is_unreachable_in_the_words_of_libvirt),
		cmocka_unit_test_setup_teardown(
			a_daemon_that_never_answers_is_given_up_after_ten_seconds, set_up,
			tear_down),
	};

	return cmocka_run_group_tests_name("virt_open", tests, NULL, NULL);
}

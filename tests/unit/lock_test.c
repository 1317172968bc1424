/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <glib/gstdio.h>

#include "reconciler/system/lock.h"

struct place {
	char *root;
	char *directory; /* not made yet */
	char *path;
};

static int set_up(void **state)
{
	struct place *place = g_new0(struct place, 1);

	place->root = g_dir_make_tmp("usbreconcile-lock-XXXXXX", NULL);
	place->directory = g_build_filename(place->root, "run", NULL);
	place->path = g_build_filename(place->directory, "lock", NULL);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	g_unlink(place->path);
	g_rmdir(place->directory);
	g_rmdir(place->root);
	g_free(place->root);
	g_free(place->directory);
	g_free(place->path);
	g_free(place);
	return 0;
}

static void the_host_has_one_place_and_each_user_another(void **state)
{
	g_autofree char *own = g_build_filename(g_get_user_runtime_dir(), "usbreconcile", NULL);

	(void)state;
	assert_string_equal(lock_directory(false), "/run/usbreconcile");
	assert_string_equal(lock_directory(true), own);
}

/* Another process takes the lock; returns when it has it, and *ret_pipe closed lets it go. */
static pid_t hold_elsewhere(const struct place *place, int *ret_pipe)
{
	int ready[2], go[2];
	char byte = 0;

	assert_int_equal(pipe(ready) | pipe(go), 0);
	pid_t child = fork();
	if (child == 0) {
		struct lock *lock = NULL;
		char *err = NULL;

		close(go[1]);
		if (lock_take(place->directory, "run", 0, &lock, &err) != 0 ||
		    write(ready[1], &byte, 1) != 1)
			_exit(1);
		while (read(go[0], &byte, 1) > 0)
			;
		_exit(0);
	}
	close(ready[1]);
	close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*ret_pipe = go[1];
	return child;
}

static void let_go(pid_t child, int pipe)
{
	int status;

	close(pipe);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_second_process_finds_it_busy_until_the_first_is_gone(void **state)
{
	struct place *place = *state;
	struct lock *lock = NULL;
	char *err = NULL;
	int go;
	pid_t child = hold_elsewhere(place, &go);

	assert_int_equal(lock_take(place->directory, "run", G_USEC_PER_SEC / 5, &lock, &err),
			 LOCK_BUSY);
	assert_null(lock);
	assert_null(err);
	let_go(child, go);
	assert_int_equal(lock_take(place->directory, "run", 0, &lock, &err), 0);
	lock_free(lock);
}

static void *let_go_later(void *pipe)
{
	g_usleep(G_USEC_PER_SEC / 5);
	close(GPOINTER_TO_INT(pipe));
	return NULL;
}

static void who_waits_gets_it_when_the_other_lets_go(void **state)
{
	struct place *place = *state;
	struct lock *lock = NULL;
	char *err = NULL;
	int go;
	pid_t child = hold_elsewhere(place, &go);
	GThread *later = g_thread_new("later", let_go_later, GINT_TO_POINTER(go));

	assert_int_equal(lock_take(place->directory, "run", 5 * G_USEC_PER_SEC, &lock, &err), 0);
	g_thread_join(later);
	waitpid(child, NULL, 0);
	lock_free(lock);
}

static void two_takers_in_one_process_exclude_each_other(void **state)
{
	struct place *place = *state;
	struct lock *first = NULL, *second = NULL;
	char *err = NULL;

	assert_int_equal(lock_take(place->directory, "run", 0, &first, &err), 0);
	assert_int_equal(lock_take(place->directory, "run", 0, &second, &err), LOCK_BUSY);
	lock_free(first);
	assert_int_equal(lock_take(place->directory, "run", 0, &second, &err), 0);
	lock_free(second);
}

static void the_file_stays_and_is_for_owner_and_group(void **state)
{
	struct place *place = *state;
	struct lock *lock = NULL;
	struct stat directory, file;
	char *err = NULL;
	mode_t before = umask(077);

	assert_int_equal(lock_take(place->directory, "run", 0, &lock, &err), 0);
	lock_free(lock);
	umask(before);
	assert_int_equal(stat(place->path, &file), 0);
	assert_int_equal(file.st_mode & 07777, 0660);
	assert_int_equal(stat(place->directory, &directory), 0);
	assert_int_equal(directory.st_mode & 07777, 0755);
}

static void a_link_in_its_place_is_refused(void **state)
{
	struct place *place = *state;
	struct lock *lock = NULL;
	g_autofree char *err = NULL;

	assert_int_equal(g_mkdir(place->directory, 0755), 0);
	assert_int_equal(symlink("/dev/null", place->path), 0);
	assert_int_equal(lock_take(place->directory, "run", 0, &lock, &err), -1);
	assert_non_null(err);
}

/* As the user nobody: what it is told. */
static void expect_refusal_of_nobody(const struct place *place, const char *words)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct lock *lock = NULL;
		char *err = NULL;

		if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0 ||
		    lock_take(place->directory, "run", 0, &lock, &err) != -1)
			_exit(1);
		_exit(strstr(err, words) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void who_may_not_is_told_what_to_do(void **state)
{
	struct place *place = *state;
	struct lock *lock = NULL;
	char *err = NULL;

	if (geteuid() != 0)
		skip();
	assert_int_equal(g_chmod(place->root, 0755), 0);
	expect_refusal_of_nobody(place, "systemd-tmpfiles --create");
	assert_int_equal(lock_take(place->directory, "run", 0, &lock, &err), 0);
	lock_free(lock);
	expect_refusal_of_nobody(place, "group libvirt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_has_one_place_and_each_user_another),
		cmocka_unit_test_setup_teardown(
			a_second_process_finds_it_busy_until_the_first_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_waits_gets_it_when_the_other_lets_go, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(two_takers_in_one_process_exclude_each_other,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_file_stays_and_is_for_owner_and_group, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_link_in_its_place_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_may_not_is_told_what_to_do, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ownership that ends with the scope: `OWN(snapshot) s = NULL;` frees with snapshot_free(). Each
 * header says OWN_DEFINE(thing) once, after thing_free(). Hand over with g_steal_pointer().
 */
#define OWN(thing) __attribute__((cleanup(thing##_free_at))) struct thing *

#define OWN_DEFINE(thing)                                                                          \
	static inline void thing##_free_at(struct thing **at)                                      \
	{                                                                                          \
		if (*at)                                                                           \
			thing##_free(*at);                                                         \
	}

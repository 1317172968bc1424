/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ownership that ends with the scope: `OWN(snapshot) s = NULL;` frees with snapshot_free(). Each
 * header says OWN_DEFINE(thing) once, after thing_free(). Hand over with g_steal_pointer().
 */
#define OWN(thing) __attribute__((cleanup(thing##_free_at))) struct thing *

#define OWN_DEFINE(thing) OWN_DEFINE_AS(thing, thing##_free)

/* The same for what is let go of by another function, such as thing_unref(). */
#define OWN_DEFINE_AS(thing, let_go)                                                               \
	static inline void thing##_free_at(struct thing **at)                                      \
	{                                                                                          \
		if (*at)                                                                           \
			let_go(*at);                                                               \
	}

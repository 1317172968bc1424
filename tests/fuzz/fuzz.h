/* SPDX-License-Identifier: MIT */
#pragma once

/* What libFuzzer calls: https://llvm.org/docs/LibFuzzer.html */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

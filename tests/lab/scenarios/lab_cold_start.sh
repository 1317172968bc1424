# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# title: a guest that starts has its mandatory hostdev from the first moment; a reset keeps it
# tier: ci
# needs: idle

plug_and_wait a serial=AAA port=1
attach g1 ua-a AAA --config
guest_start g1
guest_sees_exactly g1 0403:6001/AAA
guest_reset_device g1 1-1
guest_sees_exactly g1 0403:6001/AAA
guest_shutdown g1

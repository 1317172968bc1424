/* SPDX-License-Identifier: MIT */

/* Linked with the whole of one wing and the wings below it, and nothing else: a wing that calls
 * upwards does not link. */
int main(void)
{
	return 0;
}

# SPDX-License-Identifier: MIT
# For Nix: `pkgs.callPackage ./package.nix { }`.
{ lib, stdenv, cmake, ninja, pkg-config, scdoc, glib, jansson, libvirt, libxml2, systemd, util-linux }:

stdenv.mkDerivation {
  pname = "usbreconcile";
  version = builtins.head (builtins.match ".*project\\(usbreconcile VERSION ([0-9.]+).*"
    (builtins.readFile ../../../CMakeLists.txt));
  src = lib.cleanSource ../../..;

  nativeBuildInputs = [ cmake ninja pkg-config scdoc ];
  buildInputs = [ glib jansson libvirt libxml2 systemd util-linux ];

  # There is no /bin/systemctl; the tests want umockdev and a file system as elsewhere.
  cmakeFlags = [ "-DSYSTEMCTL=${systemd}/bin/systemctl" "-DBUILD_TESTING=OFF" "-DWERROR=OFF" ];

  # Units say `sh` and systemd's tools by the place where other systems have them.
  postInstall = ''
    substituteInPlace $out/lib/systemd/system/*.service --replace-quiet /bin/sh ${stdenv.shell}
  '';

  meta = {
    description = "Keep the USB devices of libvirt domains attached";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "usbreconcile";
  };
}

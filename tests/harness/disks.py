"""File systems of a test's own: small, so that they get full, or on a device that fails. Only what is started within one
sees it; it is gone when nobody uses it any more. A superuser needs no containers for them."""

import os
import pathlib
import subprocess

#: For what is a file system in memory, other users get by with a user namespace.
_ROOT = os.geteuid() == 0


class Disk:
    """`path` is where it is for whoever is started with `within`; `seen` is how this process gets at it."""

    def __init__(self, path, *mount):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        apart = ("unshare", "--mount") if _ROOT else ("unshare", "--user", "--map-root-user", "--mount")
        # It stays until its standard input ends, also if this process is killed.
        script = 'mount "$@" && echo there && exec cat'
        self._holder = subprocess.Popen(
            [*apart, "--propagation", "private", "sh", "-c", script, "sh", *map(str, mount), str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout.readline() == "there\n", "the file system could not be mounted"
        user = () if _ROOT else ("--user", "--preserve-credentials")
        self.within = ("nsenter", "--target", str(self._holder.pid), *user, "--mount")
        self.seen = pathlib.Path(f"/proc/{self._holder.pid}/root{self.path}")

    @classmethod
    def in_memory(cls, path, mebibytes):
        return cls(path, "-t", "tmpfs", "-o", f"size={mebibytes}m", "none")

    @classmethod
    def on_a_device(cls, path, mebibytes, access="rw"):
        """ext4, on a file as a device, which is there the next time. For superusers."""
        image = pathlib.Path(f"{path}.image")
        if not image.exists():
            with image.open("wb") as file:
                file.truncate(mebibytes << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        return cls(path, "-o", f"loop,{access}", image)

    def remount(self, options):
        subprocess.run([*self.within, "mount", "-o", f"remount,{options}", self.path], check=True)

    def fill(self):
        """Takes all the room that is left; answers what it is in."""
        ballast = self.seen / "ballast"
        file = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        size = 1 << 20
        while size >= 512:
            try:
                os.write(file, b"\0" * size)
            except OSError:
                size //= 2
        os.close(file)
        return ballast

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._holder.stdin.close()
        self._holder.wait(10)

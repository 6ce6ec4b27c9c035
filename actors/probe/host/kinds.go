package host

// unwatched describes the types of file systems that are not watched by default: how full they are
// never changes, or is not the host's own concern.
var unwatched = kindsOf(map[string][]string{
	"a pseudo file system": {
		"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl",
		"hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rootfs", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs",
	},
	"a container's own layers": {"aufs", "overlay", "fuse.fuse-overlayfs"},
	imageKind:                  {"cramfs", "erofs", "iso9660", "romfs", "squashfs"},
	"a network file system": {
		"9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.ceph", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
		"glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
	},
})

const imageKind = "a read-only image"

func kindsOf(types map[string][]string) map[string]string {
	kinds := make(map[string]string)
	for kind, names := range types {
		for _, name := range names {
			kinds[name] = kind
		}
	}
	return kinds
}

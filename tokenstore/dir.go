package tokenstore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// A dir is the open directory of a File. It is an os.Root, so that every name in it is looked up in this directory, whatever becomes of
// the path that led here, and files that are open can be renamed and removed on Windows too. It is open for one call at a time.
type dir struct{ *os.Root }

// openDir opens the directory at path, makes sure that nobody else can look into it, and rejects one that checkAccess rejects. Its error
// is fs.ErrNotExist where there is none and create does not say to make it.
func openDir(path string, create bool) (dir, error) {
	if create {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return dir{}, err
		}
	}
	// Before anything is opened: opening a named pipe would wait for its other end.
	info, err := os.Lstat(path)
	if err != nil {
		return dir{}, err
	}
	direct := info.IsDir()
	if !direct {
		if info, err = os.Stat(path); err != nil {
			return dir{}, err
		}
	}
	if !info.IsDir() {
		return dir{}, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	if err := checkAccess(info, os.Geteuid()); err != nil {
		return dir{}, err // before it is opened: whose it is says more than that it may not be opened
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return dir{}, err
	}
	d := dir{root}
	if err := d.tighten(direct); err != nil {
		_ = d.Close()
		return dir{}, err
	}
	return d, nil
}

// tighten closes the directory to readers. It changes no directory that a symbolic link led to: whoever put the link there could have
// any directory of ours changed.
func (d dir) tighten(direct bool) error {
	info, err := d.Stat(".")
	if err != nil {
		return err
	}
	if err := checkAccess(info, os.Geteuid()); err != nil {
		return err // it is another one than before
	}
	if !isLax(info) {
		return nil
	}
	if !direct {
		return errors.New("the directory behind this link is open to others: close it with chmod go-rwx")
	}
	return d.Chmod(".", tight(info))
}

// regular is Lstat, and an error for what is there but is no file.
func (d dir) regular(name string) (fs.FileInfo, error) {
	info, err := d.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("not a file but %s", kindOf(info.Mode()))}
	}
	return info, err
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode.IsDir():
		return "a directory"
	}
	return "something special"
}

// errMoved: a name stood for one file before and for another one after it was opened.
var errMoved = errors.New("the file was replaced while it was opened")

// open opens a file that is there, never through a symbolic link, and closes it to others.
func (d dir) open(name string, flag int) (*os.File, error) {
	return retryMoved(func() (*os.File, error) { return d.openOnce(name, flag) })
}

func (d dir) openOnce(name string, flag int) (*os.File, error) {
	before, err := d.regular(name)
	if err != nil {
		return nil, err
	}
	return d.openSame(name, flag, before)
}

// openSame opens a file that was looked at before. Something else may have its name by now.
func (d dir) openSame(name string, flag int, before fs.FileInfo) (*os.File, error) {
	f, err := d.OpenFile(name, flag|nonblock, 0)
	if err != nil {
		return nil, withOwner(err, before, os.Geteuid())
	}
	after, err := f.Stat()
	switch {
	case err != nil:
	case !os.SameFile(before, after):
		err = errMoved
	case isLax(after):
		err = f.Chmod(tight(after))
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// retryMoved tries again on errMoved: a record is replaced now and then, but not between every two system calls.
func retryMoved[T any](try func() (T, error)) (result T, err error) {
	for range 100 {
		if result, err = try(); !errors.Is(err, errMoved) {
			break
		}
	}
	return result, err
}

// touch makes an empty file, unless something of that name is there.
func (d dir) touch(name string) error {
	f, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// read reads a file of at most limit bytes; of a longer one it returns one byte more.
func (d dir) read(name string, limit int) ([]byte, error) {
	f, err := d.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(limit)+1))
}

// temporary is between a file's name and the random end of the name of what is to replace it.
const temporary = ".tmp."

// replace gives a file new content, in one step: whoever reads it, and whenever we are killed, there is the old content or the new.
func (d dir) replace(name string, content []byte) error {
	temp := name + temporary + randomName()
	if err := d.write(temp, content); err != nil {
		_ = d.Remove(temp)
		return err
	}
	if err := d.Rename(temp, name); err != nil {
		_ = d.Remove(temp)
		return err
	}
	return d.sync()
}

// write makes a file that is on the disk when write returns.
func (d dir) write(name string, content []byte) error {
	f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// sync puts the names of the files on the disk, after a rename or a removal.
func (d dir) sync() error {
	if runtime.GOOS == "windows" {
		return nil // has no such call, and keeps names in a journal
	}
	f, err := d.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil // a file system that cannot do this for directories; there is nothing more to be had from it
	}
	return err
}

// names lists the directory, as far as that is possible.
func (d dir) names() []string {
	f, err := d.Open(".")
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	return names
}

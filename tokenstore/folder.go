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

// A folder is the open folder of a File. It is an os.Root, so that every name in it is looked up in this folder, whatever becomes of
// the path that led here, and files that are open can be renamed and removed on Windows too. It is open for one call at a time.
type folder struct{ *os.Root }

// modesMatter is false where a file's mode is not what guards it. On Windows a folder in the user's profile is private by the access
// list that it inherits.
const modesMatter = runtime.GOOS != "windows"

// openFolder opens the folder at dir and makes sure that nobody else can look into it. Its error is fs.ErrNotExist where there is none
// and create does not say to make it.
func openFolder(dir string, create bool) (folder, error) {
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return folder{}, err
		}
	}
	// Before anything is opened: opening a named pipe would wait for its other end.
	info, err := os.Lstat(dir)
	if err != nil {
		return folder{}, err
	}
	direct := info.IsDir()
	if !direct {
		if info, err = os.Stat(dir); err != nil {
			return folder{}, err
		}
	}
	if !info.IsDir() {
		return folder{}, &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return folder{}, err
	}
	d := folder{root}
	if err := d.tighten(direct); err != nil {
		_ = d.Close()
		return folder{}, err
	}
	return d, nil
}

// tighten closes the folder to others. It changes no folder that a symbolic link led to: whoever put the link there could have
// any folder of ours changed.
func (d folder) tighten(direct bool) error {
	info, err := d.Stat(".")
	if err != nil || !isLax(info) {
		return err
	}
	if !direct {
		return &fs.PathError{Op: "open", Path: d.Name(), Err: errors.New("the folder behind this link is open to others")}
	}
	return d.Chmod(".", tight(info))
}

func isLax(info fs.FileInfo) bool { return modesMatter && info.Mode().Perm()&0o077 != 0 }

func tight(info fs.FileInfo) fs.FileMode { return info.Mode().Perm() & 0o700 }

// regular is Lstat, and an error for what is there but is no file.
func (d folder) regular(name string) (fs.FileInfo, error) {
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
		return "a folder"
	}
	return "something special"
}

// errMoved: a name stood for one file before and for another one after it was opened.
var errMoved = errors.New("the file was replaced while it was opened")

// open opens a file that is there, never through a symbolic link, and closes it to others.
func (d folder) open(name string, flag int) (*os.File, error) {
	return retryMoved(func() (*os.File, error) { return d.openOnce(name, flag) })
}

func (d folder) openOnce(name string, flag int) (*os.File, error) {
	before, err := d.regular(name)
	if err != nil {
		return nil, err
	}
	// The file may have been replaced by something else by now.
	f, err := d.OpenFile(name, flag|nonblock, 0)
	if err != nil {
		return nil, err
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
func (d folder) touch(name string) error {
	f, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// read reads a file of at most limit bytes; of a longer one it gives one byte more.
func (d folder) read(name string, limit int) ([]byte, error) {
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
func (d folder) replace(name string, content []byte) error {
	temp := name + temporary + newRandom().String()
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
func (d folder) write(name string, content []byte) error {
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
func (d folder) sync() error {
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
		return nil // a file system that cannot do this for folders; there is nothing more to be had from it
	}
	return err
}

// names lists the folder.
func (d folder) names() ([]string, error) {
	f, err := d.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

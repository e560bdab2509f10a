package planaravif

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"slices"
	"sync"

	"firstframe/render/media/planar"
)

// Pictures are encoded in processes of their own. In this process, an encoder would stop everything
// else for seconds: the garbage collector has to stop all goroutines, and Go cannot stop one in the
// middle of compiled WebAssembly. So a second encoder, downloads and signals would wait for it. A
// process of its own also gives its memory back, and if it is killed, this one is not.

// gcPercent is how much garbage a worker keeps, in percent of its memory. An encoder's memory grows
// in steps, and each leaves the one before behind.
const gcPercent = 10

// memoryLimit is below what an encoder takes, in bytes, so that a worker gives back at once what it
// no longer needs.
const memoryLimit = 64 << 20

// Workers encode pictures in processes, as many as there are calls of Encode at once. A process
// stays for the next picture, until Close, or until this program ends. The zero value encodes in
// this process.
type Workers struct {
	// Command starts a process that calls Serve with its standard input and output.
	Command []string

	mu   sync.Mutex
	idle []*worker
}

// worker is a process.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// head is what a worker reads in front of a profile and of the samples of all planes.
type head struct{ Width, Height, Chroma, Quality, Profile uint32 }

// maxAnswer bounds what a worker answers, in bytes.
const maxAnswer = 1 << 28

// Encode is like the function Encode. It fails if the process ends before it answers. It kills the
// process if ctx is done before that, but without a command it cannot stop.
func (w *Workers) Encode(ctx context.Context, p *planar.Picture, quality int, profile []byte) ([]byte, error) {
	if len(w.Command) == 0 {
		return Encode(p, quality, profile)
	}
	if err := checkSize(p); err != nil {
		return nil, err
	}
	worker, err := w.take()
	if err != nil {
		return nil, err
	}
	stopWaiting := context.AfterFunc(ctx, func() { worker.cmd.Process.Kill() })
	data, refused, err := worker.encode(p, quality, profile)
	if !stopWaiting() {
		worker.stop()
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("avif: the encoder ended: %w", cmp.Or(worker.stop(), err))
	}
	w.mu.Lock()
	w.idle = append(w.idle, worker)
	w.mu.Unlock()
	return data, refused
}

// Close ends all processes that encode nothing.
func (w *Workers) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, idle := range w.idle {
		idle.stop()
	}
	w.idle = nil
}

// take returns an idle process, or starts one.
func (w *Workers) take() (*worker, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.idle); n > 0 {
		last := w.idle[n-1]
		w.idle = w.idle[:n-1]
		return last, nil
	}
	cmd := exec.Command(w.Command[0], w.Command[1:]...)
	cmd.Env = []string{} // it needs no token
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the encoder: %w", err)
	}
	return &worker{cmd, in, bufio.NewReader(out)}, nil
}

// stop ends a process and returns how it ended.
func (w *worker) stop() error {
	w.in.Close()
	return w.cmd.Wait()
}

// encode sends a picture and receives the file, or the error of Encode.
func (w *worker) encode(p *planar.Picture, quality int, profile []byte) (data []byte, refused, err error) {
	if err := writePicture(w.in, p, quality, profile); err != nil {
		return nil, nil, err
	}
	var answer struct{ Refused, Size uint32 }
	if err := binary.Read(w.out, binary.BigEndian, &answer); err != nil {
		return nil, nil, err
	}
	if answer.Size > maxAnswer {
		return nil, nil, errors.New("avif: the answer is too long")
	}
	data = make([]byte, answer.Size)
	if _, err := io.ReadFull(w.out, data); err != nil {
		return nil, nil, err
	}
	if answer.Refused != 0 {
		return nil, errors.New(string(data)), nil
	}
	return data, nil, nil
}

// planes returns the planes that a picture has.
func planes(p *planar.Picture) []*planar.Plane {
	if p.Gray() {
		return []*planar.Plane{&p.Y}
	}
	return []*planar.Plane{&p.Y, &p.Cb, &p.Cr}
}

// writePicture writes what readPicture reads.
func writePicture(w io.Writer, p *planar.Picture, quality int, profile []byte) error {
	out := bufio.NewWriter(w)
	h := head{uint32(p.Y.Width), uint32(p.Y.Height), one(!p.Gray()), uint32(quality), uint32(len(profile))}
	binary.Write(out, binary.BigEndian, h) // the writer keeps the first error
	out.Write(profile)
	for _, plane := range planes(p) {
		for y := range plane.Height {
			out.Write(plane.Row(y))
		}
	}
	return out.Flush()
}

// readPicture reads a picture.
func readPicture(in io.Reader) (p *planar.Picture, quality int, profile []byte, err error) {
	var h head
	if err := binary.Read(in, binary.BigEndian, &h); err != nil {
		return nil, 0, nil, err
	}
	if h.Width-1 >= maxSide || h.Height-1 >= maxSide || h.Profile > maxAnswer {
		return nil, 0, nil, errSize
	}
	if h.Profile > 0 {
		profile = make([]byte, h.Profile)
		if _, err := io.ReadFull(in, profile); err != nil {
			return nil, 0, nil, err
		}
	}
	p = &planar.Picture{Y: planar.NewPlane(int(h.Width), int(h.Height))}
	if h.Chroma != 0 {
		p = planar.New(int(h.Width), int(h.Height))
	}
	for _, plane := range planes(p) {
		if _, err := io.ReadFull(in, plane.Pix); err != nil {
			return nil, 0, nil, err
		}
	}
	return p, int(h.Quality), profile, nil
}

// Serve encodes the pictures that it reads, until the end of r. It returns then even if it is
// encoding: nobody waits for that any more. It must have the process to itself.
func Serve(r io.Reader, w io.Writer) error {
	answers, ended := make(chan []byte), make(chan error, 1)
	saveMemory := sync.OnceFunc(func() {
		compileEncoder() // it makes much garbage, so it would be slow with the limit
		compileDecoder()
		debug.SetGCPercent(gcPercent)
		debug.SetMemoryLimit(memoryLimit)
	})
	go func() {
		in := bufio.NewReader(r)
		for {
			p, quality, profile, err := readPicture(in)
			if err != nil {
				ended <- err
				return
			}
			saveMemory()
			go func() { answers <- answer(Encode(p, quality, profile)) }()
		}
	}()
	for {
		select {
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		case a := <-answers:
			if _, err := w.Write(a); err != nil {
				return err
			}
			debug.FreeOSMemory() // the next picture may be a long time off
		}
	}
}

// answer returns what a worker writes for a result of Encode.
func answer(data []byte, err error) []byte {
	if err != nil {
		data = []byte(err.Error())
	}
	out := binary.BigEndian.AppendUint32(nil, one(err != nil))
	return slices.Concat(binary.BigEndian.AppendUint32(out, uint32(len(data))), data)
}

package planarjpeg

// scan is the header of a scan (T.81 B.2.3).
type scan struct {
	components  []*component
	first, last int  // coefficients, in zigzag order
	high, low   uint // positions of the lowest known bit before and after this scan; high is 0 in the first scan of a band
}

// readScan reads a scan header and the scan after it.
func (d *decoder) readScan(content []byte) error {
	if d.components == nil {
		return errCorrupt
	}
	if d.scans++; d.scans > MaxScans {
		return errCorrupt
	}
	if d.scans == 1 {
		if err := d.allocate(); err != nil {
			return err
		}
	}
	var s scan
	if err := d.readScanHeader(content, &s); err != nil {
		return err
	}
	decode, err := d.prepare(&s)
	if err != nil {
		return err
	}
	if err := d.readMCUs(&s, decode); err != nil {
		return err
	}
	d.align()
	if d.endOfBands > 0 {
		return errCorrupt // it refers to blocks that do not exist
	}
	return nil
}

// readScanHeader reads a scan header.
func (d *decoder) readScanHeader(content []byte, s *scan) error {
	if len(content) < 1 {
		return errCorrupt
	}
	n := int(content[0])
	if n < 1 || n > len(d.components) || len(content) != 4+2*n {
		return errCorrupt
	}
	blocks := 0
	for i := range n {
		spec := content[1+2*i:]
		var c *component
		for j := range d.components {
			if d.components[j].id == spec[0] {
				c = &d.components[j]
			}
		}
		if c == nil || spec[1]>>4 > 3 || spec[1]&15 > 3 {
			return errCorrupt
		}
		for _, other := range s.components {
			if other == c {
				return errCorrupt
			}
		}
		c.dcTable, c.acTable = d.dcTables[spec[1]>>4], d.acTables[spec[1]&15]
		c.seen = true
		s.components = append(s.components, c)
		blocks += c.h * c.v
	}
	if n > 1 && blocks > 10 {
		return errCorrupt // T.81 B.2.3
	}
	rest := content[1+2*n:]
	s.first, s.last = int(rest[0]), int(rest[1])
	s.high, s.low = uint(rest[2]>>4), uint(rest[2]&15)
	return nil
}

// prepare returns the function that decodes the blocks of a scan. It fails if a table is missing.
func (d *decoder) prepare(s *scan) (decode func(*scan, *component, int, int) error, err error) {
	needDC, needAC := true, true
	switch {
	case !d.progressive:
		s.first, s.last, s.high, s.low = 0, 63, 0, 0
		decode = d.baseline
	case s.last > 63 || s.first > s.last || s.low > 13 || s.high != 0 && s.high != s.low+1,
		s.first == 0 && s.last != 0, // DC and AC never share a scan (T.81 G.1.1.1.1)
		s.first > 0 && len(s.components) > 1:
		return nil, errCorrupt
	case s.first == 0 && s.high == 0:
		decode, needAC = d.firstDC, false
	case s.first == 0:
		decode, needDC, needAC = d.refineDC, false, false
	case s.high == 0:
		decode, needDC = d.firstAC, false
	default:
		decode, needDC = d.refineAC, false
	}
	for _, c := range s.components {
		if needDC && c.dcTable == nil || needAC && c.acTable == nil || !d.progressive && d.quant[c.quant] == nil {
			return nil, errCorrupt
		}
	}
	return decode, nil
}

// readMCUs decodes the blocks of a scan in their order (T.81 A.2). A scan of a single component has
// its blocks row by row, without those that fill up an MCU.
func (d *decoder) readMCUs(s *scan, decode func(*scan, *component, int, int) error) error {
	mcusX, mcusY := d.mcusX, d.mcusY
	alone := len(s.components) == 1
	if alone {
		mcusX, mcusY = s.components[0].blocksX, s.components[0].blocksY
	}
	d.restart(s)
	restart := byte(0)
	for mcu := range mcusX * mcusY {
		if d.interval > 0 && mcu > 0 && mcu%d.interval == 0 {
			d.align()
			marker, err := d.marker()
			if err != nil {
				return err
			}
			if marker != markerRST0+restart {
				return errCorrupt
			}
			restart = (restart + 1) & 7
			d.restart(s)
		}
		x, y := mcu%mcusX, mcu/mcusX
		for _, c := range s.components {
			h, v := c.h, c.v
			if alone {
				h, v = 1, 1
			}
			for by := range v {
				for bx := range h {
					if err := decode(s, c, x*h+bx, y*v+by); err != nil {
						return err
					}
				}
			}
		}
		if d.overrun() {
			if d.err != nil {
				return d.failure()
			}
			return errCorrupt
		}
	}
	return nil
}

// restart resets the state between two restart intervals (T.81 F.2.1.3.1, G.1.2.2).
func (d *decoder) restart(s *scan) {
	d.align()
	d.endOfBands = 0
	for _, c := range s.components {
		c.dc = 0
	}
}

// lastNeeded has the last coefficient that is needed, in zigzag order, for blocks of 1, 2, 4 or 8
// pixels a side.
var lastNeeded = [9]int{1: 0, 2: 4, 4: 24, 8: 63}

// baseline decodes a block of a sequential file to pixels (T.81 F.2.2).
func (d *decoder) baseline(_ *scan, c *component, bx, by int) error {
	q := d.quant[c.quant]
	b := &d.block
	*b = block{}
	acc, count := d.acc, d.count
	if count < 32 {
		acc, count = d.fill(acc, count)
	}
	e := c.dcTable.next(acc)
	if e == 0 || e.run() != 0 {
		return errCorrupt
	}
	if e.size() > 0 {
		c.dc += e.value(acc)
	}
	acc <<= e.length() & 63
	count -= e.length()
	b.add(0, c.dc*q[0])

	ac, needed := c.acTable, lastNeeded[c.points&15%9]
	highest := 0
	for k := 1; k < 64; k++ {
		if count < 32 {
			acc, count = d.fill(acc, count)
		}
		e := ac.lookup[acc>>(64-lookupBits)]
		if e == 0 {
			if e = ac.find(acc); e == 0 {
				return errCorrupt
			}
		}
		k += e.run()
		if e.size() > 0 {
			if k > 63 {
				return errCorrupt
			}
			if k <= needed {
				b.add(zigzag[k], e.value(acc)*q[k])
				highest = k
			}
		} else if e.run() < 15 { // the rest is zero
			if e.run() > 0 {
				return errCorrupt // only progressive files have this
			}
			acc <<= e.length() & 63
			count -= e.length()
			break
		}
		acc <<= e.length() & 63
		count -= e.length()
	}
	d.acc, d.count = acc, count
	d.render(c, bx, by, highest)
	return nil
}

// render makes the pixels of a block. highest is the last coefficient that is not zero. It is 0 for
// most blocks of a sky, and for all blocks at 1/8.
func (d *decoder) render(c *component, bx, by, highest int) {
	if d.check != nil {
		d.check(&d.block)
	}
	stride := c.plane.Stride
	dst := c.plane.Pix[by*c.points*stride+bx*c.points:]
	switch {
	case highest == 0:
		d.block.flat(dst, stride, c.points)
	case c.points == 8:
		d.block.inverse8(dst, stride)
	case c.points == 4:
		d.block.inverse4(dst, stride)
	default:
		d.block.inverse2(dst, stride)
	}
}
